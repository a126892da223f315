import { readdirSync } from 'node:fs'
import type { Channel } from './channel.ts'

const FOLDER = new URL('./channels/', import.meta.url)

let read: Promise<ReadonlyMap<string, Channel>> | undefined

/** Every kind of channel by its name: each is a file in `channels/`. */
export function channelKinds(): Promise<ReadonlyMap<string, Channel>> {
  return (read ??= readFolder())
}

async function readFolder(): Promise<ReadonlyMap<string, Channel>> {
  const names = readdirSync(FOLDER)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.slice(0, -'.ts'.length))
    .toSorted()
  const loaded = names.map(async (name): Promise<[string, Channel]> => {
    const { channel } = (await import(new URL(`${name}.ts`, FOLDER).href)) as { channel: Channel }
    return [name, channel]
  })
  return new Map(await Promise.all(loaded))
}
