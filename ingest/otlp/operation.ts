const VERSION = /^v\d{1,3}$/iu
const LONGEST_PATH = 12

/** A path with what varies replaced, so that calls of one kind have one name: `/invoices/INV-1/lines` → `/invoices/{}/lines`. */
export function pathTemplate(path: string): string {
  const [plain = ''] = path.split(/[?#]/u, 1)
  const parts = plain.split('/')
  const shown = parts.slice(0, LONGEST_PATH).map((part) => {
    const [name = ''] = part.split('(', 1)
    if (name.length < part.length) return `${name}({})`
    return part.length > 60 || (varies(part) && !VERSION.test(part)) ? '{}' : part
  })
  return shown.join('/') + (parts.length > LONGEST_PATH ? '/…' : '')
}

/** Whether a part of a path varies from call to call, as numbers and ids do: it holds digits, and more than one in a word (`oauth2`). */
function varies(part: string): boolean {
  let digits = 0
  let letters = 0
  for (let at = 0; at < part.length; at++) {
    const code = part.charCodeAt(at)
    if (code >= 48 && code <= 57) digits++
    else if ((code >= 65 && code <= 90) || (code >= 97 && code <= 122)) letters++
  }
  return digits > 1 || (digits === 1 && (letters === 0 || letters + 1 < part.length))
}

/** `POST /invoices/{id}`: from the route where it is told, else from the name of the span or the address. */
export function httpOperation(method: string, route: string, path: string, url: string, name: string): string {
  if (route !== '') return `${method} ${route}`.trim()
  if (method !== '' && name.startsWith(`${method} /`)) return `${method} ${pathTemplate(name.slice(method.length + 1))}`
  const found = path !== '' ? path : pathOf(url)
  return found === '' ? name || method : `${method} ${pathTemplate(found)}`.trim()
}

function pathOf(url: string): string {
  const start = url.indexOf('://')
  const slash = start < 0 ? -1 : url.indexOf('/', start + 3)
  return slash < 0 ? '' : url.slice(slash)
}

const QUEUE_WORDS: Readonly<Record<string, string>> = { send: 'publish', create: 'publish', deliver: 'process', poll: 'receive' }

/** `publish invoices`: the words of old and new conventions are one. */
export function queueOperation(operation: string, queue: string): string {
  return `${QUEUE_WORDS[operation] ?? operation} ${queue}`.trim()
}
