import { createHash } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { S3Client } from '@aws-sdk/client-s3'

interface Version {
  readonly id: string
  readonly body: Buffer
  readonly storedAt: Date
  readonly isMarker?: boolean
  mode?: string | undefined
  until?: string | undefined
}

export interface S3Call {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

interface Answer {
  readonly status: number
  readonly headers?: Record<string, string>
  readonly body?: string | Buffer
}

const failure = (status: number, code: string): Answer => ({
  status,
  headers: { 'content-type': 'application/xml' },
  body: `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>secret-bucket</Message></Error>`,
})
export const s3Failure = failure

/**
 * As much of S3 as an anchor speaks, with versions and Object Lock: what npm's S3 servers do not have. It is no proof of what Amazon
 * does; it holds requests to the API reference, and answers as that says.
 */
export class LockingS3 {
  readonly calls: S3Call[] = []
  readonly objects = new Map<string, Version[]>()
  /** The bucket's own clock. */
  now: () => Date = () => new Date()
  hasLock = true
  /** Versions a page. */
  page = 1000
  /** What happens instead; undefined lets the call be. `hang` answers nothing, `drop` closes the connection. */
  fault: (call: S3Call, honest: () => Answer) => Answer | 'hang' | 'drop' | undefined = () => undefined
  readonly #server: Server
  #ids = 0

  constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const url = new URL(request.url ?? '/', 'http://loopback')
        const call: S3Call = {
          method: request.method ?? '',
          path: decodeURIComponent(url.pathname).replace(/^\/bucket\/?/, ''),
          query: url.searchParams,
          headers: request.headers,
          body: Buffer.concat(chunks),
        }
        this.calls.push(call)
        const answer = this.fault(call, () => this.#answer(call)) ?? this.#answer(call)
        if (answer === 'hang') return
        if (answer === 'drop') return void request.socket.destroy()
        response.writeHead(answer.status, answer.headers).end(answer.body)
      })
    })
  }

  async start(): Promise<S3Client> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done))
    return new S3Client({
      endpoint: `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`,
      region: 'us-east-1',
      credentials: { accessKeyId: 'AKIATEST', secretAccessKey: 'secret-key' },
      forcePathStyle: true,
      maxAttempts: 1,
    })
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((done) => this.#server.close(done))
  }

  /** As somebody with s3:PutObject writes over a key, or with s3:DeleteObject hides it. */
  add(key: string, version: { body?: Uint8Array; isMarker?: boolean }): void {
    const body = Buffer.from(version.body ?? [])
    const added: Version = { id: `v${++this.#ids}`, body, storedAt: this.now(), isMarker: version.isMarker === true }
    this.objects.set(key, [added, ...(this.objects.get(key) ?? [])])
  }

  #answer(call: S3Call): Answer {
    const { method, path, query } = call
    if (method === 'GET' && path === '' && query.has('versions')) return this.#listing(query)
    const versions = this.objects.get(path) ?? []
    const id = query.get('versionId')
    const version = id === null ? versions[0] : versions.find((each) => each.id === id)
    if (method === 'PUT' && !query.has('retention')) return this.#put(call, versions)
    if (version === undefined || version.isMarker === true) return failure(404, 'NoSuchKey')
    if (query.has('retention')) return method === 'GET' ? this.#retention(version) : this.#retain(call, version)
    if (method !== 'GET') return failure(405, 'MethodNotAllowed')
    const headers = { 'x-amz-version-id': version.id, 'last-modified': version.storedAt.toUTCString() }
    return { status: 200, headers, body: version.body }
  }

  #put({ headers, body, path }: S3Call, versions: readonly Version[]): Answer {
    const checksum = createHash('sha256').update(body).digest('base64')
    if (headers['x-amz-checksum-sha256'] !== checksum) return failure(400, 'BadDigest')
    const until = headers['x-amz-object-lock-retain-until-date'] as string | undefined
    const mode = headers['x-amz-object-lock-mode'] as string | undefined
    if ((until === undefined) !== (mode === undefined)) return failure(400, 'InvalidArgument')
    if (until !== undefined && (!this.hasLock || Date.parse(until) <= this.now().getTime()))
      return failure(400, 'InvalidRequest')
    const [newest] = versions
    if (headers['if-none-match'] === '*' && newest !== undefined && newest.isMarker !== true)
      return failure(412, 'PreconditionFailed')
    const id = `v${++this.#ids}`
    this.objects.set(path, [{ id, body, mode, until, storedAt: this.now() }, ...versions])
    return { status: 200, headers: { 'x-amz-version-id': id, 'x-amz-checksum-sha256': checksum, etag: '"x"' } }
  }

  #retention({ mode, until }: Version): Answer {
    if (!this.hasLock) return failure(400, 'InvalidRequest')
    if (mode === undefined || until === undefined) return failure(404, 'NoSuchObjectLockConfiguration')
    return xml(`<Retention><Mode>${mode}</Mode><RetainUntilDate>${until}</RetainUntilDate></Retention>`)
  }

  #retain({ body }: S3Call, version: Version): Answer {
    const [, mode] = /<Mode>(.*)<\/Mode>/.exec(body.toString()) ?? []
    const [, until = ''] = /<RetainUntilDate>(.*)<\/RetainUntilDate>/.exec(body.toString()) ?? []
    // A lock in compliance mode can be lengthened, and not shortened or weakened.
    if (version.mode === 'COMPLIANCE' && (mode !== 'COMPLIANCE' || Date.parse(until) < Date.parse(version.until ?? '')))
      return failure(403, 'AccessDenied')
    version.mode = mode
    version.until = until
    return { status: 200 }
  }

  #listing(query: URLSearchParams): Answer {
    const prefix = query.get('prefix') ?? ''
    const rows = [...this.objects]
      .filter(([key]) => key.startsWith(prefix))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([key, versions]) => versions.map((version) => ({ key, ...version })))
    const marker = query.get('version-id-marker')
    const from = marker === null ? 0 : rows.findIndex(({ id }) => id === marker) + 1
    const page = rows.slice(from, from + this.page)
    const isTruncated = from + page.length < rows.length
    const next = page.at(-1)
    const entries = page.map(({ key, id, isMarker }) => {
      const tag = isMarker === true ? 'DeleteMarker' : 'Version'
      return `<${tag}><Key>${key}</Key><VersionId>${id}</VersionId></${tag}>`
    })
    const ends =
      isTruncated && next !== undefined
        ? `<NextKeyMarker>${next.key}</NextKeyMarker><NextVersionIdMarker>${next.id}</NextVersionIdMarker>`
        : ''
    const head = `<Name>bucket</Name><Prefix>${prefix}</Prefix><KeyMarker>${query.get('key-marker') ?? ''}</KeyMarker>`
    return xml(
      `<ListVersionsResult>${head}<VersionIdMarker/>${ends}<IsTruncated>${isTruncated}</IsTruncated>${entries.join('')}</ListVersionsResult>`,
    )
  }
}

const xml = (body: string): Answer => ({
  status: 200,
  headers: { 'content-type': 'application/xml' },
  body: `<?xml version="1.0" encoding="UTF-8"?>${body}`,
})
export const s3Xml = xml
