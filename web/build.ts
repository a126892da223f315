import { createHash } from 'node:crypto'
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const WEB = dirname(fileURLToPath(import.meta.url))
const ROOT = dirname(WEB)
const DIST = join(WEB, 'dist')
const STAMP = 'sources.sha256'
const SOURCES = ['web', 'model', 'api/contract', 'package-lock.json']

/** What {@link buildWeb} did: the folder to serve, whether it had to build, and how long that took. */
export type WebBuild = { folder: string; built: boolean; ms: number }

/**
 * Builds the dashboard into `web/dist`.
 *
 * @param options.onlyIfStale leaves the folder alone where its stamp equals the content hash of everything it is made of: `web/`,
 *   `model/`, `api/contract` and the lockfile
 * @throws whatever Vite reports; the former build stays in place then
 */
export async function buildWeb({ onlyIfStale = false }: { onlyIfStale?: boolean } = {}): Promise<WebBuild> {
  const started = performance.now()
  const done = (built: boolean): WebBuild => ({ folder: DIST, built, ms: Math.round(performance.now() - started) })
  const hash = await sourcesHash()
  if (onlyIfStale && (await stampOf(DIST)) === hash) return done(false)
  const { build } = await import('vite')
  const staging = join(WEB, `dist.${process.pid}`)
  try {
    await build({ configFile: join(WEB, 'vite.config.ts'), logLevel: 'warn', build: { outDir: staging } })
    await writeFile(join(staging, STAMP), hash)
    await rm(DIST, { recursive: true, force: true })
    await rename(staging, DIST)
  } catch (error) {
    await rm(staging, { recursive: true, force: true })
    // Another process that built the same sources meanwhile has won the rename.
    if ((await stampOf(DIST)) !== hash) throw error
  }
  return done(true)
}

async function stampOf(folder: string): Promise<string> {
  return readFile(join(folder, STAMP), 'utf8').catch(() => '')
}

async function sourcesHash(): Promise<string> {
  const files = (await Promise.all(SOURCES.map((source) => filesUnder(join(ROOT, source))))).flat().toSorted()
  const contents = await Promise.all(files.map((file) => readFile(file)))
  const hash = createHash('sha256')
  for (const [index, file] of files.entries()) {
    hash.update(`${relative(ROOT, file)}\0${contents[index]?.length}\0`).update(contents[index] ?? '')
  }
  return hash.digest('hex')
}

async function filesUnder(path: string): Promise<string[]> {
  if (!path.startsWith(WEB) && path.endsWith('.json')) return [path]
  const entries = await readdir(path, { withFileTypes: true, recursive: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !relative(WEB, file).startsWith('dist'))
}

if (import.meta.main) {
  const { folder, built, ms } = await buildWeb()
  process.stdout.write(`${relative(process.cwd(), folder) || '.'} ${built ? 'built' : 'is fresh'} in ${ms} ms\n`)
}
