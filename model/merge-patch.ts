/** What JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }
type JsonObject = { readonly [name: string]: Json }

/**
 * A value with a patch laid over it: members of the patch replace those of the value, objects are gone into, null takes a member away
 * (JSON Merge Patch, RFC 7396).
 */
export function mergePatch(value: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch
  const merged = new Map(value !== undefined && isObject(value) ? Object.entries(value) : [])
  for (const [name, change] of Object.entries(patch))
    if (change === null) merged.delete(name)
    else merged.set(name, mergePatch(merged.get(name), change))
  return Object.fromEntries(merged)
}

/**
 * The smallest patch that makes one object of another. A null in `to` takes the member away, as a patch can say nothing else: whoever
 * reads the outcome takes a missing member for none.
 */
export function mergePatchOf(from: JsonObject, to: JsonObject): JsonObject {
  const patch: Record<string, Json> = {}
  for (const name of Object.keys(from)) if (!Object.hasOwn(to, name)) patch[name] = null
  for (const [name, wanted] of Object.entries(to)) {
    const had = from[name] ?? null
    if (equalJson(had, wanted)) continue
    if (!isObject(wanted)) patch[name] = wanted
    else patch[name] = isObject(had) ? mergePatchOf(had, wanted) : wanted
  }
  return patch
}

/** The members that a patch touches, as `watch.when.above`; sorted. */
export function patchedPaths(patch: Json, above = ''): string[] {
  if (!isObject(patch)) return above === '' ? [] : [above]
  return Object.keys(patch)
    .toSorted()
    .flatMap((name) => {
      const inner = patch[name]
      const path = above === '' ? name : `${above}.${name}`
      return inner !== undefined && isObject(inner) && Object.keys(inner).length > 0 ? patchedPaths(inner, path) : [path]
    })
}

/** Whether two values say the same, whatever the order of their members. */
export function equalJson(one: unknown, other: unknown): boolean {
  return stableJson(one) === stableJson(other)
}

/** JSON with its members in one order. */
function stableJson(value: unknown): string {
  return JSON.stringify(value, (_name, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
