import { AlertRule } from './alert-rule.ts'
import { type Json, mergePatch, mergePatchOf, patchedPaths } from './merge-patch.ts'

/** A statement about a rule: a whole rule of one's own, or what differs from the one that it inherits from. */
export type RuleStatement = { id: string; version: number; body: unknown; pack: string | null; state: 'active' | 'retired' }

/** A rule as it is in force. */
export type EffectiveRule = {
  rule: AlertRule
  /** Rises with every change of what the rule is made of: its pack, the provider's statement and the tenant's own. */
  version: number
  /** Where it comes from: the tenant itself, its provider, or a pack that ships. */
  origin: 'own' | 'pack' | 'provider'
  /** Members that the tenant's own statement changes of what it inherits, as `watch.when.above`. */
  overridden: readonly string[]
  /** Retired where the tenant or its provider says so. */
  state: 'active' | 'retired'
  /** Why the tenant's (or its provider's) differences cannot be applied any more; what is inherited stands then. */
  problem: string | null
}

/** Name by which a statement says that it differs from a rule of the provider. */
export const PROVIDER = 'provider'

/** A pack: rules that ship, under a name, with a version that rises with every change. */
export type Pack = { name: string; version: number; rules: readonly AlertRule[] }

/**
 * The rules that are in force, by id: a pack ⊕ what the provider states ⊕ what the tenant states. A rule of a pack that nobody says
 * anything about is in force as it ships.
 *
 * @param provider statements of the tenant's provider; empty where it has none
 */
export function inheritRules(
  pack: Pack,
  provider: readonly RuleStatement[],
  own: readonly RuleStatement[],
): Map<string, EffectiveRule> {
  return sorted(layered(inheritedRules(pack, provider), own, 'own'))
}

/** What a tenant inherits before it says anything itself, by id. */
export function inheritedRules(pack: Pack, provider: readonly RuleStatement[]): Map<string, EffectiveRule> {
  const shipped = new Map(
    pack.rules.map((rule): [string, EffectiveRule] => [
      rule.id,
      { rule, version: pack.version, origin: 'pack', overridden: [], state: 'active', problem: null },
    ]),
  )
  const stated = layered(shipped, provider, 'provider')
  for (const { id } of provider) {
    const one = stated.get(id)
    if (one !== undefined) stated.set(id, { ...one, origin: 'provider', overridden: [] })
  }
  return sorted(stated)
}

/** What a statement about an inherited rule has to say so that it becomes the wanted one. */
export function differencesOf(inherited: AlertRule, wanted: AlertRule): { readonly [name: string]: Json } {
  return mergePatchOf(inherited, wanted)
}

/** An inherited rule with differences. What they take away is none where the rule may have none, and else the default. */
export function overriddenRule(inherited: AlertRule, differences: Json): { rule: AlertRule } | { problem: string } {
  const merged = mergePatch(inherited, differences) as Record<string, Json>
  for (const [name, schema] of Object.entries(AlertRule.shape))
    if (!Object.hasOwn(merged, name) && schema.safeParse(null).success) merged[name] = null
  const parsed = AlertRule.safeParse({ ...merged, id: inherited.id })
  if (parsed.success) return { rule: parsed.data }
  return { problem: parsed.error.issues.map(({ path, message }) => `${path.map(String).join('.')}: ${message}`).join('; ') }
}

function layered(
  base: ReadonlyMap<string, EffectiveRule>,
  statements: readonly RuleStatement[],
  origin: 'own' | 'provider',
): Map<string, EffectiveRule> {
  const rules = new Map(base)
  for (const { id, version, body, pack, state } of statements) {
    if (pack === null) {
      rules.set(id, { rule: AlertRule.parse(body), version, origin, overridden: [], state, problem: null })
      continue
    }
    const inherited = base.get(id)
    if (inherited === undefined) continue
    const made = overriddenRule(inherited.rule, body as Json)
    rules.set(id, {
      rule: 'rule' in made ? made.rule : inherited.rule,
      version: inherited.version + version,
      origin: inherited.origin,
      overridden: patchedPaths(body as Json),
      state: state === 'retired' ? 'retired' : inherited.state,
      problem: 'problem' in made ? made.problem : inherited.problem,
    })
  }
  return rules
}

function sorted(rules: ReadonlyMap<string, EffectiveRule>): Map<string, EffectiveRule> {
  return new Map([...rules].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
