import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..')

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--font-render-hinting=none',
]

/** A page with what went wrong on it so far: uncaught errors and `console.error` lines. */
export type OpenPage = { page: Page; errors: string[]; close(): Promise<void> }

/** A running Chromium. */
export type TestBrowser = {
  /** Opens an address in a context of its own (own cookies) and waits until the document is loaded. */
  openPage(url: string, options?: BrowserContextOptions): Promise<OpenPage>
  close(): Promise<void>
}

/**
 * Starts Chromium without a window: the one that the npm package carries, or the one that `CHROMIUM_PATH` names. Where the
 * machine lacks libraries that Chromium needs, those of the package are used.
 */
export async function startBrowser(): Promise<TestBrowser> {
  const browser = await launch()
  return {
    async openPage(url, options = {}) {
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, timezoneId: 'UTC', ...options })
      const page = await context.newPage()
      const errors: string[] = []
      page.on('pageerror', (error) => errors.push(String(error.stack ?? error)))
      page.on('console', (message) => {
        if (message.type() === 'error') errors.push(message.text())
      })
      await page.goto(url)
      return { page, errors, close: () => context.close() }
    },
    close: () => browser.close(),
  }
}

async function launch(): Promise<Browser> {
  const given = process.env['CHROMIUM_PATH']
  if (given !== undefined && given !== '') return chromium.launch({ executablePath: given, args: ARGUMENTS })
  const folder = await unpacked()
  const executablePath = join(folder, 'chromium')
  const env = environment(existsSync('/etc/fonts') ? {} : { FONTCONFIG_PATH: join(folder, 'fonts') })
  try {
    return await chromium.launch({ executablePath, args: ARGUMENTS, env })
  } catch (error) {
    if (!String(error).includes('shared libraries')) throw error
    const libraries = { LD_LIBRARY_PATH: join(folder, 'al2023/lib') }
    return chromium.launch({ executablePath, args: ARGUMENTS, env: { ...env, ...libraries } })
  }
}

function environment(more: Record<string, string>): Record<string, string> {
  const own = Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]))
  return { ...Object.fromEntries(own), ...more }
}

/**
 * The folder with Chromium, its fonts and libraries. It is unpacked once per version, by a process of its own into a staging folder
 * that is then renamed, because the package writes into the shared temporary folder and test files start at the same time.
 */
async function unpacked(): Promise<string> {
  const manifest = await readFile(join(ROOT, 'node_modules/@sparticuz/chromium/package.json'), 'utf8')
  const { version } = JSON.parse(manifest) as { version: string }
  const cache = join(ROOT, 'node_modules/.cache')
  const folder = join(cache, `chromium-${version}`)
  if (existsSync(folder)) return folder
  await mkdir(cache, { recursive: true })
  const staging = await mkdtemp(join(cache, 'unpacking-'))
  const program = "import chromium from '@sparticuz/chromium'; await chromium.executablePath()"
  // This variable is how the package is told to unpack the system libraries too.
  const env = { ...process.env, TMPDIR: staging, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs22.x' }
  await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], { cwd: ROOT, env })
  try {
    await rename(staging, folder)
  } catch (error) {
    await rm(staging, { recursive: true, force: true })
    if (!existsSync(folder)) throw error
  }
  return folder
}
