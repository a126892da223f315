import { setTimeout as sleep } from 'node:timers/promises'
import { keepVersions } from '../../../platform/kafka/claim-versions.ts'
import type { Membership, TopicPartition } from '../../../platform/kafka/port.ts'
import type { Db } from '../../../platform/postgres/client.ts'
import { type Claim, claimNote, idleNote, longVersions } from './claim.ts'

/** Commits the offset of one partition. Every commit is tried until the broker has it or the membership ends, and rejects then. */
export type Commits = {
  /** The offset is the first of a range that is about to be stored. */
  claim(claim: Claim): Promise<void>
  /** Everything before the offset is stored, and nothing is under way. */
  idle(offset: number): Promise<void>
}

/**
 * @param told.committed called with each offset that the broker has
 * @param told.failed called with what hinders it, each time
 */
export function createCommits(options: {
  db: Db
  cluster: string
  epoch: number
  place: TopicPartition
  membership: Membership
  told: { committed(offset: number): void; failed(error: string): void }
}): Commits {
  const { db, cluster, epoch, place, membership, told } = options
  const { signal } = membership
  const patiently = async (offset: number, task: () => Promise<void>): Promise<void> => {
    for (let attempt = 0; ; attempt++) {
      try {
        await task()
        told.committed(offset)
        return
      } catch (error) {
        signal.throwIfAborted()
        told.failed(`committing: ${error instanceof Error ? error.message : String(error)}`)
        await sleep(Math.min(2000, 100 * 2 ** attempt) * (0.5 + Math.random()), undefined, { signal })
      }
    }
  }
  return {
    claim: (claim) =>
      patiently(claim.first, async () => {
        const long = longVersions(claim.versions)
        // Before the note that names them, so that whoever finds the note finds them.
        if (long !== null) await keepVersions(db, cluster, place, long)
        await membership.commit(place, claim.first, claimNote(claim))
      }),
    idle: (offset) => patiently(offset, () => membership.commit(place, offset, idleNote(epoch))),
  }
}
