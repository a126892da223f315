import { AxeBuilder } from '@axe-core/playwright'
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import type { Part } from '../../cli/run-server.ts'
import { buildWeb } from '../../web/build.ts'
import { startBrowser, type TestBrowser } from './browser.ts'
import { startServer, type TestServer } from './server.ts'

const PATIENCE_MS = 45_000

type Options = { scheme?: 'light' | 'dark'; token?: string; expected?: RegExp }

/** Opens pages of a server as somebody who is signed in; at the end nothing may stand on the console but what is expected. */
export function pagesOf(server: Pick<TestServer, 'url' | 'token'>, browser: TestBrowser) {
  return async (t: TestContext, path: string, { scheme = 'light', token, expected }: Options = {}): Promise<Page> => {
    const address = `${new URL(path, server.url).href}#token=${token ?? server.token}`
    const opened = await browser.openPage(address, { colorScheme: scheme, acceptDownloads: true })
    opened.page.setDefaultTimeout(PATIENCE_MS)
    t.after(async () => {
      await opened.close()
      const surprises = opened.errors.filter((line) => expected === undefined || !expected.test(line))
      assert.deepEqual(surprises, [], 'console errors')
    })
    return opened.page
  }
}

/** A server with its pages and a browser before them. */
export type Site = { server: TestServer; browser: TestBrowser; open: ReturnType<typeof pagesOf>; close(): Promise<void> }

/** Starts a site with two tenants: `acme`, to be filled, and `newcomer`, which stays empty. */
export async function startSite(options: { parts?: readonly Part[] } = {}): Promise<Site> {
  const server = await startServer({ ...options, webFolder: (await buildWeb({ onlyIfStale: true })).folder })
  const browser = await startBrowser()
  for (const [id, name] of [
    ['acme', 'Acme Industries'],
    ['newcomer', 'Newcomer'],
  ])
    assert.equal((await server.ask('POST', '/v1/tenants', { body: { id, name } })).status, 201)
  return {
    server,
    browser,
    open: pagesOf(server, browser),
    async close() {
      await browser.close()
      await server.close()
    },
  }
}

/** Waits until an element holds a text. */
export async function shows(element: Locator, text: string | RegExp): Promise<void> {
  await element.filter({ hasText: text }).first().waitFor()
}

/** Waits until a page is there and nothing on it still loads. */
export async function settled(page: Page): Promise<void> {
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.waitForFunction(
    () => document.querySelector('main .mantine-Skeleton-root, main .mantine-Loader-root, main[aria-busy="true"]') === null,
  )
}

/** The value that stands under a name in a list of figures. */
export function figure(within: Locator | Page, name: string): Locator {
  return within.locator(`dl.figures > div:has(> dt:text-is(${JSON.stringify(name)})) > dd`)
}

/** A number as a whole, not as a part of a longer one. */
export function whole(number: string | number): RegExp {
  const text = typeof number === 'number' ? number.toLocaleString('en-GB') : number
  return new RegExp(`(?<![\\d.,])${text.replaceAll('.', String.raw`\.`)}(?![\\d%]|[.,]\\d)`, 'u')
}

/** What axe finds on a page, one line each. */
export async function barriers(page: Page): Promise<string[]> {
  // What fades in has the colours of neither before nor after.
  await page.evaluate(() =>
    Promise.allSettled(
      document
        .getAnimations()
        .filter((one) => Number.isFinite(one.effect?.getComputedTiming().endTime))
        .map(({ finished }) => finished),
    ),
  )
  const { violations } = await new AxeBuilder({ page }).analyze()
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`)
}
