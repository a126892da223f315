import type { Request, RequestHandler, Response } from 'express'
import { escapeHtml } from '../alerts/message/html.ts'
import { brandOf } from '../alerts/message/message.ts'
import { isAsGrave } from '../model/alert-matching.ts'
import { Severity } from '../model/alert-rule.ts'
import { verifiedTenant, type TenantId } from '../model/tenant.ts'
import { acknowledgeAlert } from '../platform/alert-acts.ts'
import type { LinkClaim } from '../platform/alert-link.ts'
import { alertsById, type StoredAlert } from '../platform/alerts.ts'
import { partyTitles } from '../platform/alert-names.ts'
import { tenantBrand } from '../platform/tenants.ts'
import type { Services } from './services.ts'

/** Who acknowledged by a link: whoever had it, for a party. */
export const LINK_ACTOR = 'link:'

/**
 * `GET /a/:token` asks whether an alert is to be acknowledged, and changes nothing: mail scanners open every link of a message.
 * `POST /a/:token` acknowledges it for the party that the link was written for.
 */
export function acknowledgePages(services: Services): { ask: RequestHandler; take: RequestHandler } {
  return {
    ask: async (request, response) => {
      const found = await claimed(services, request)
      send(response, found)
    },
    take: async (request, response) => {
      const found = await claimed(services, request)
      if ('state' in found && found.state === 'open') {
        const { claim, tenant } = found
        const now = new Date(services.now() / 1000)
        const deed = { tenant, id: claim.alert, actor: `${LINK_ACTOR}${claim.party}`, now }
        await acknowledgeAlert(services.stores.postgres.db, deed, { party: claim.party })
        send(response, { ...found, state: 'taken' })
      } else send(response, found)
    },
  }
}

type Claimed = {
  claim: LinkClaim
  tenant: TenantId
  alert: StoredAlert
  party: string
  brand: ReturnType<typeof brandOf>
  /** open: it can be acknowledged; known: it is already; over: there is nothing left to do; other: another party answers for it now. */
  state: 'open' | 'known' | 'over' | 'other' | 'taken'
}
type Found = Claimed | { refused: 'invalid' | 'expired' | 'gone' }

async function claimed(services: Services, request: Request): Promise<Found> {
  const claim = services.links.verify(String(request.params['token']), services.now())
  if (typeof claim === 'string') return { refused: claim }
  const { db } = services.stores.postgres
  const tenant = verifiedTenant(claim.tenant)
  const [alert] = await alertsById(db, tenant, [claim.alert])
  if (alert === undefined) return { refused: 'gone' }
  const [titles, brand] = await Promise.all([partyTitles(db, tenant), tenantBrand(db, tenant)])
  const own = alert.parties.find(({ party }) => party === claim.party)
  const known = Severity.safeParse(own?.acknowledgedSeverity)
  const state =
    alert.state === 'resolved'
      ? 'over'
      : own === undefined || own.state === 'handed_over' || own.state === 'done'
        ? 'other'
        : own.state === 'acknowledged' && known.success && isAsGrave(known.data, alert.severity)
          ? 'known'
          : 'open'
  return { claim, tenant, alert, party: titles.get(claim.party) ?? claim.party, brand: brandOf({ brand }), state }
}

const REFUSED = {
  invalid: [404, 'This link is none of ours', 'It may have been cut off by a mail program. Open the alert in Sightline instead.'],
  expired: [410, 'This link has expired', 'Links of messages hold for seven days. Open the alert in Sightline instead.'],
  gone: [404, 'The alert is gone', 'It has been removed since this message was sent.'],
} as const

const SAID: Readonly<Record<Claimed['state'], (party: string) => string>> = {
  open: (party) => `Acknowledge it for ${party}? Nobody of ${party} is told again until it gets graver.`,
  taken: (party) => `Acknowledged for ${party}. You can close this page.`,
  known: (party) => `It is acknowledged for ${party} already.`,
  over: () => 'It is over: there is nothing left to acknowledge.',
  other: (party) => `${party} does not answer for it any more: it has been handed over.`,
}

function send(response: Response, found: Found): void {
  response.setHeader('cache-control', 'no-store')
  response.setHeader('x-robots-tag', 'noindex')
  response.type('html')
  if ('refused' in found) {
    const [status, title, text] = REFUSED[found.refused]
    response.status(status).send(page({ name: 'Sightline', color: '#0d5a47', ink: '#ffffff' }, title, `<p>${text}</p>`))
    return
  }
  const { alert, party, brand, state, tenant } = found
  const cause = alert.body.cause === '' ? '' : `<p>${escapeHtml(alert.body.cause)}</p>`
  const address = `/alerts/${alert.id}?${new URLSearchParams({ tenant }).toString()}`
  const act = state === 'open' ? '<form method="post"><button type="submit">Acknowledge</button></form>' : ''
  const body = `${cause}<p role="status">${escapeHtml(SAID[state](party))}</p>${act}<p><a href="${escapeHtml(address)}">Open it in Sightline</a></p>`
  response.send(page(brand, alert.body.title, body))
}

function page(brand: { name: string; color: string; ink: string }, title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title>
<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark">
<style>
:root{color-scheme:light dark}
body{margin:0;min-height:100vh;display:grid;place-items:center;background:#f6f5f2;color:#15202b;font:16px/1.5 Inter,system-ui,sans-serif}
main{box-sizing:border-box;width:min(34rem,calc(100vw - 2rem));margin:1rem;border:1px solid #e6e3dd;border-radius:10px;background:#fff;overflow:hidden}
header{padding:.8rem 1.5rem;font-weight:700;font-size:.9rem;background:${brand.color};color:${brand.ink}}
section{padding:1.3rem 1.5rem 1.5rem}
h1{margin:0 0 .6rem;font-size:1.25rem;line-height:1.3;letter-spacing:-.015em}
p{margin:.5rem 0}
a{color:#0d5a47}
button{margin:.6rem 0;padding:.65rem 1.4rem;border:0;border-radius:7px;background:${brand.color};color:${brand.ink};font:inherit;font-weight:600;cursor:pointer}
@media (prefers-color-scheme:dark){body{background:#111417;color:#edf0f2}main{background:#191d21;border-color:#2a3036}a{color:#76cdb2}}
</style></head>
<body><main><header>${escapeHtml(brand.name)}</header><section><h1>${escapeHtml(title)}</h1>${body}</section></main></body></html>`
}
