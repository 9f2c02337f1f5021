/** Hono leaves such a body as it is, and whoever makes it would wait for ever. */
export function withoutBodyOfHead(request: Request, response: Response): Response {
  if (request.method !== 'HEAD' || response.body === null) return response
  response.body.cancel().catch(() => {})
  return new Response(null, { status: response.status, headers: response.headers })
}
