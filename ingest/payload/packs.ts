import { readdirSync, readFileSync } from 'node:fs'
import { type PayloadMapping, readMapping } from '../../model/payload-mapping.ts'

const FOLDER = new URL('../mappings/payload/', import.meta.url)

let packs: ReadonlyMap<string, PayloadMapping> | undefined

/** The payload mappings that ship, by name, read once from `ingest/mappings/payload/*.json`. */
export function payloadPacks(): ReadonlyMap<string, PayloadMapping> {
  packs ??= new Map(
    readdirSync(FOLDER)
      .filter((file) => file.endsWith('.json'))
      .toSorted()
      .map((file) => {
        const read = readMapping(JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')))
        if ('issues' in read)
          throw new TypeError(`${file}: ${read.issues.map(({ path, message }) => `${path}: ${message}`).join('; ')}`)
        return [read.mapping.name, read.mapping]
      }),
  )
  return packs
}
