import { z } from 'zod'
import { cleanText, InstantText } from './common.ts'

export const SCOPES = ['read', 'ingest', 'admin'] as const

export const Brand = z.object({ name: z.string(), color: z.string(), logo_text: z.string() })

export const Tenant = z
  .object({
    id: z.string(),
    name: z.string(),
    kind: z.string().describe('enterprise, msp or client'),
    parent_id: z.string().nullable(),
    brand: Brand.nullable(),
    demo: z.boolean(),
    created_at: z.string(),
  })
  .meta({ id: 'Tenant' })
export type Tenant = z.output<typeof Tenant>

export const Tenants = z.object({ tenants: z.array(Tenant) }).meta({ id: 'Tenants' })
export type Tenants = z.output<typeof Tenants>

export const TenantCreate = z.object({
  id: z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/u, 'is not lower case letters, digits and dashes'),
  name: cleanText(200).min(1),
  kind: z.enum(['enterprise', 'msp', 'client']).default('enterprise'),
  parent_id: cleanText(63).nullish(),
})

export const SignIn = z.object({ token: z.string().min(1).max(200) })

/** Who is signed in and what they may see. */
export const Session = z
  .object({ name: z.string(), scopes: z.array(z.enum(SCOPES)), tenants: z.array(Tenant), demo: z.boolean(), version: z.string() })
  .meta({ id: 'Session' })
export type Session = z.output<typeof Session>

export const Key = z
  .object({
    id: z.string(),
    name: z.string(),
    prefix: z.string(),
    scopes: z.array(z.enum(SCOPES)),
    tenant_ids: z.array(z.string()).nullable().describe('null: every tenant'),
    created_at: z.string(),
    expires_at: z.string().nullable(),
    revoked_at: z.string().nullable(),
    last_used_at: z.string().nullable(),
  })
  .meta({ id: 'Key' })
export type Key = z.output<typeof Key>

export const Keys = z.object({ keys: z.array(Key) }).meta({ id: 'Keys' })
export const KeyCreate = z.object({
  name: cleanText(200).min(1),
  scopes: z.array(z.enum(SCOPES)).min(1),
  tenant_ids: z.array(cleanText(63)).min(1).max(1000).nullable().describe('null: every tenant'),
  expires_at: InstantText.nullish(),
})
export const KeyCreated = z.object({ key: Key, token: z.string().describe('shown this once') }).meta({ id: 'KeyCreated' })

/** One thing that must work, and how it is. */
export const ReadinessCheck = z.object({ name: z.string(), ok: z.boolean(), detail: z.string() })
export type ReadinessCheck = z.output<typeof ReadinessCheck>

/** Whether a process can do its work, and the progress of the demo's loading, for the shell's banner. */
export const Readiness = z
  .object({
    ready: z.boolean(),
    checks: z.array(ReadinessCheck),
    demo: z.object({ state: z.enum(['off', 'loading', 'live']), events: z.int(), expected: z.int() }),
  })
  .meta({ id: 'Readiness' })
export type Readiness = z.output<typeof Readiness>

export const AuditQuery = z.object({
  action: cleanText(100).optional().describe('only this verb, such as `key.minted`'),
  before: z.coerce.number().int().min(1).optional().describe('`next` of the page before'),
  limit: z.coerce.number().int().min(1).max(500).default(100),
})

export const Audit = z
  .object({
    entries: z.array(
      z.object({
        at: z.string(),
        actor: z.string().describe('key id, `system`, or a command'),
        tenant_id: z.string().nullable().describe('null where it concerns the installation'),
        action: z.string(),
        subject: z.string(),
        detail: z.record(z.string(), z.unknown()),
      }),
    ),
    next: z.int().nullable(),
  })
  .meta({ id: 'Audit' })
