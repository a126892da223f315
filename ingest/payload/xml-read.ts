import type { XmlElement, XmlNode } from './xml.ts'

/** The first element at a path of local names; `undefined` where there is none. */
export function at(node: XmlNode | undefined, ...names: string[]): XmlNode | undefined {
  let found: XmlNode | undefined = node
  for (const name of names) {
    if (found === undefined || typeof found === 'string') return undefined
    const inner: XmlNode | XmlNode[] | undefined = found[name]
    found = Array.isArray(inner) ? inner[0] : inner
  }
  return found
}

/** Every element at a path, through elements that stand several times. */
export function all(node: XmlNode | undefined, ...names: string[]): XmlNode[] {
  let found: XmlNode[] = node === undefined ? [] : [node]
  for (const name of names)
    found = found.flatMap((one) => {
      if (typeof one === 'string') return []
      const inner = one[name]
      return inner === undefined ? [] : Array.isArray(inner) ? inner : [inner]
    })
  return found
}

/** Text of the element or attribute (`@name`) at a path; empty where there is none. */
export function textAt(node: XmlNode | undefined, ...names: string[]): string {
  const found = at(node, ...names)
  if (found === undefined) return ''
  if (typeof found === 'string') return found
  const own = found['#text']
  return typeof own === 'string' ? own : ''
}

/** The element of a name below the root, whatever the root is called; with its name. */
export function rootOf(tree: unknown): { name: string; root: XmlNode } | null {
  const [first] = Object.entries(tree as XmlElement)
  if (first === undefined) return null
  const [name, root] = first
  return Array.isArray(root) ? null : { name, root }
}
