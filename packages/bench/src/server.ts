// The benchmarks run on the server that the tests run on.
export { freshDatabase, startServer } from '../../postgres/test/server.ts'
