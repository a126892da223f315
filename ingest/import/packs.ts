import { readdirSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { SightlineError } from '../../platform/errors.ts'
import { Mapping } from './mapping.ts'

const FOLDER = new URL('../mappings/', import.meta.url)
/** Share of a log's activity names that a pack must know to be suggested. */
const KNOWN_SHARE = 0.6

let packs: Map<string, Mapping> | undefined

/** The mappings that ship, by name, read once from `ingest/mappings/*.json`. */
export function mappingPacks(): ReadonlyMap<string, Mapping> {
  packs ??= new Map(
    readdirSync(FOLDER)
      .filter((file) => file.endsWith('.json'))
      .toSorted()
      .map((file) => {
        const pack = parseMapping(JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')), file)
        return [pack.name, pack]
      }),
  )
  return packs
}

/** A mapping that ships, or `undefined`. */
export function findPack(name: string): Mapping | undefined {
  return mappingPacks().get(name)
}

/** The pack that knows most of these activity names, where it knows at least 60 % of them. */
export function suggestPack(activities: Iterable<string>): string | null {
  const names = new Set(activities)
  if (names.size === 0) return null
  let best: { name: string; known: number } | null = null
  for (const [name, pack] of mappingPacks()) {
    const known = [...names].filter((activity) => Object.hasOwn(pack.activities, activity)).length
    if (known / names.size >= KNOWN_SHARE && known > (best?.known ?? 0)) best = { name, known }
  }
  return best?.name ?? null
}

/** A pack by its name, or a mapping from a JSON file. @throws SightlineError `file_not_found`, `file_invalid` */
export async function mappingByName(name: string): Promise<Mapping> {
  const pack = findPack(name)
  if (pack !== undefined) return pack
  let text: string
  try {
    text = await readFile(name, 'utf8')
  } catch (error) {
    throw new SightlineError('file_not_found', `"${name}" is neither a mapping pack nor a file.`, {
      next: `Packs that ship: ${[...mappingPacks().keys()].join(', ')}.`,
      cause: error,
    })
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new SightlineError('file_invalid', `The mapping ${name} is not JSON.`, { cause: error })
  }
  return parseMapping(value, name)
}

function parseMapping(value: unknown, name: string): Mapping {
  const parsed = Mapping.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new SightlineError(
    'file_invalid',
    `The mapping ${name} is not valid: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}.`,
  )
}
