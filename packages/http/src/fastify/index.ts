/**
 * The pipeline on Fastify 5.
 *
 * @module @phi/http/fastify
 */
export {
  type FastifyLike,
  type FastifyReplyLike,
  type FastifyRequestLike,
  fastifyHandler,
  fastifyServer,
  type PhiFastifyOptions,
  phiFastify,
} from './fastify.ts'
