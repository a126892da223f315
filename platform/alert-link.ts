import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import type { Instant } from '../model/instant.ts'
import type { DataFolder } from './data-folder.ts'
import { SightlineError } from './errors.ts'

/** Whom a link lets acknowledge what: whoever has it, one alert for one party of one tenant. */
export const LinkClaim = z.object({ tenant: z.string(), alert: z.string(), party: z.string() })
export type LinkClaim = z.output<typeof LinkClaim>

/** Signs links that acknowledge an alert from its message, and tells whether one is ours. */
export type AlertLinks = {
  /**
   * The token of a link, which holds for 7 days.
   *
   * @throws SightlineError `secret_key_missing`
   */
  sign(claim: LinkClaim, now: Instant): string
  /** What a token lets do; or that it is none of ours, or that its time is over. */
  verify(token: string, now: Instant): LinkClaim | 'invalid' | 'expired'
}

const HOLDS_US = 7 * 86_400e6
const Signed = LinkClaim.extend({ expires: z.int() })

/**
 * Opens the keys of links: of `SIGHTLINE_SECRET_KEY`, else of one that the data folder keeps; what either signed is ours. A token is
 * `v1.CLAIM.MAC`: base64url of JSON, and of its HMAC-SHA-256.
 */
export async function openAlertLinks(options: {
  key: string | undefined
  folder: Pick<DataFolder, 'secret'> | null
}): Promise<AlertLinks> {
  const kept = options.folder === null ? [] : [await options.folder.secret('sealing-key')]
  const keys = [...(options.key === undefined ? [] : [options.key]), ...kept].map(linkKey)
  return {
    sign(claim, now) {
      const [first] = keys
      if (first === undefined)
        throw new SightlineError('secret_key_missing', 'There is no key to sign links with.', {
          next: 'Set SIGHTLINE_SECRET_KEY to the same text for every process (32 characters or more, such as from "openssl rand -base64 32").',
        })
      const { tenant, alert, party } = claim
      const text = Buffer.from(JSON.stringify({ tenant, alert, party, expires: now + HOLDS_US })).toString('base64url')
      return `v1.${text}.${macOf(first, text).toString('base64url')}`
    },
    verify(token, now) {
      const [, text = '', mac = ''] = /^v1\.([\w-]{1,2000})\.([\w-]{43})$/u.exec(token) ?? []
      const given = Buffer.from(mac, 'base64url')
      let isOurs = false
      for (const key of keys) {
        const made = macOf(key, text)
        isOurs = (given.length === made.length && timingSafeEqual(given, made)) || isOurs
      }
      if (!isOurs) return 'invalid'
      const { expires, ...claim } = Signed.parse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')))
      return now < expires ? claim : 'expired'
    },
  }
}

function linkKey(text: string): Buffer {
  return Buffer.from(hkdfSync('sha256', text, '', 'sightline alert link key', 32))
}

function macOf(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
