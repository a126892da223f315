import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, open, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { SightlineError } from '../../platform/errors.ts'

/** A file that can be read more than once. Bytes come decompressed. */
export type Input = {
  /** Base name without `.gz`. */
  name: string
  /** Where it lies on disk, as it came. */
  path: string
  /** Bytes on disk. */
  totalBytes: number
  /** Reads from the start. A second call starts again. A chunk is valid only until the next one is asked for. */
  bytes(): AsyncGenerator<Uint8Array>
  /** Bytes of the file on disk that all passes so far have read. */
  position(): number
  /** A path that holds the decompressed bytes, for readers that need random access. */
  plainPath(): Promise<string>
  /** Removes temporary copies. */
  close(): Promise<void>
}

const CHUNK = 128 * 1024

/**
 * Opens a file, plain or gzip by its first bytes.
 *
 * @throws SightlineError `file_not_found`, `file_invalid` (a folder, an empty file)
 */
export async function fileInput(path: string, name = basename(path)): Promise<Input> {
  let totalBytes: number
  let gzip: boolean
  try {
    const info = await stat(path)
    if (info.isDirectory()) throw new SightlineError('file_invalid', `${name} is a folder, not a file.`)
    totalBytes = info.size
    const handle = await open(path)
    const magic = new Uint8Array(2)
    await handle.read(magic, 0, 2, 0)
    await handle.close()
    gzip = magic[0] === 0x1f && magic[1] === 0x8b
  } catch (error) {
    if (error instanceof SightlineError) throw error
    throw new SightlineError('file_not_found', `${path} cannot be read: ${reason(error)}.`, { cause: error })
  }
  if (totalBytes === 0) throw new SightlineError('file_invalid', `${name} is empty.`)
  let position = 0
  let folder: string | undefined
  let plain: string | undefined

  const broken = (error: unknown): SightlineError =>
    new SightlineError('file_invalid', `${name} cannot be read past byte ${position}: ${reason(error)}.`, {
      next: gzip ? 'The gzip file looks truncated or damaged: export or download it again.' : 'Check the file and the disk.',
      cause: error,
    })

  async function* plainBytes(): AsyncGenerator<Uint8Array> {
    const handle = await open(path)
    const buffer = new Uint8Array(CHUNK)
    try {
      for (;;) {
        const { bytesRead } = await handle.read(buffer, 0, CHUNK, null)
        if (bytesRead === 0) return
        position += bytesRead
        yield buffer.subarray(0, bytesRead)
      }
    } catch (error) {
      throw broken(error)
    } finally {
      await handle.close()
    }
  }

  async function* gzipBytes(): AsyncGenerator<Uint8Array> {
    const raw = createReadStream(path, { highWaterMark: 64 * 1024 })
    raw.on('data', (chunk) => (position += chunk.length))
    const stream = raw.pipe(createGunzip({ chunkSize: CHUNK }))
    raw.on('error', (error) => stream.destroy(error))
    try {
      for await (const chunk of stream) yield chunk as Uint8Array
    } catch (error) {
      throw broken(error)
    } finally {
      raw.destroy()
      stream.destroy()
    }
  }

  const bytes = gzip ? gzipBytes : plainBytes

  async function plainPath(): Promise<string> {
    if (!gzip) return path
    if (plain !== undefined) return plain
    folder = await mkdtemp(join(tmpdir(), 'sightline-import-'))
    plain = join(folder, 'plain')
    await pipeline(bytes(), createWriteStream(plain, { mode: 0o600 }))
    return plain
  }

  async function close(): Promise<void> {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true })
    folder = undefined
    plain = undefined
  }

  return { name: name.replace(/\.gz$/iu, ''), path, totalBytes, bytes, position: () => position, plainPath, close }
}

/** Text comes in pieces that die young: larger strings live until a full collection, and memory grows by hundreds of megabytes. */
const PIECE = 32 * 1024

/** The bytes as text: UTF-8, or what a byte order mark or `encoding` says. */
export async function* textChunks(bytes: AsyncIterable<Uint8Array>, encoding?: string): AsyncGenerator<string> {
  let decoder: TextDecoder | undefined
  for await (const chunk of bytes) {
    decoder ??= decoderOf(chunk, encoding)
    for (let at = 0; at < chunk.length; at += PIECE) {
      const text = decoder.decode(chunk.subarray(at, at + PIECE), { stream: true })
      if (text !== '') yield text
    }
  }
  const rest = decoder?.decode() ?? ''
  if (rest !== '') yield rest
}

function decoderOf(start: Uint8Array, encoding: string | undefined): TextDecoder {
  if (start[0] === 0xff && start[1] === 0xfe) return new TextDecoder('utf-16le')
  if (start[0] === 0xfe && start[1] === 0xff) return new TextDecoder('utf-16be')
  return new TextDecoder(encoding ?? 'utf-8')
}

/** The first bytes, decompressed: at most `limit`. */
export async function headOf(input: Input, limit: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const chunk of input.bytes()) {
    parts.push(chunk.slice())
    size += chunk.length
    if (size >= limit) break
  }
  return Buffer.concat(parts).subarray(0, limit)
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message.replace(/\.$/u, '') : String(error)
}
