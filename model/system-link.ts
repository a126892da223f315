/** What a link template must be, as a sentence for the one who wrote a bad one; `null` where it is good. */
export function linkTemplateProblem(template: string): string | null {
  if (!template.includes('{id}')) return 'does not say where the id of the document goes: write {id}'
  const unknown = /\{(?!id\}|type\})[^}]*\}?/u.exec(template)
  if (unknown !== null) return `knows {type} and {id} only, not ${unknown[0].slice(0, 40)}`
  const [origin, probe] = [hostOf(template, 'a'), hostOf(template, 'b')]
  if (origin === null) return 'is not an https address'
  return origin === probe ? null : 'may have {type} and {id} behind the host only'
}

/** Why an address is not one to link to; `null` where it is. */
export function webAddressProblem(address: string): string | null {
  return hostOf(address, '') === null ? 'is not an https address' : null
}

function hostOf(template: string, filling: string): string | null {
  const address = template.replaceAll(/\{(?:id|type)\}/gu, filling)
  if (!/^https:\/\//iu.test(address) || !URL.canParse(address)) return null
  const url = new URL(address)
  return url.protocol === 'https:' && url.username === '' && url.password === '' ? url.host : null
}

/**
 * The address of a document in the system that keeps it: `{type}` and `{id}` of the template filled in, escaped so that an id can name
 * nothing but itself.
 *
 * @returns `null` where the system has no template, and for a document named `.` or `..`, which no address can say
 */
export function documentLink(system: { link_template: string | null }, type: string, id: string): string | null {
  const template = system.link_template
  if (template === null || linkTemplateProblem(template) !== null || isDots(type) || isDots(id)) return null
  return template.replaceAll(/\{(id|type)\}/gu, (_, name) => encodeURIComponent((name === 'id' ? id : type).toWellFormed()))
}

function isDots(text: string): boolean {
  return text === '.' || text === '..'
}
