import { v5 as uuidv5 } from 'uuid'
import type { Turn } from '../model/alert-turn.ts'

/** Ids of pages are derived, so that every replay finds the same. */
const PAGES = '5f0b9f64-3f1b-4a8e-9a7e-6a1b2f8f4c11'

/** Ids of pages: the same for the same alert that made it, in every replay. */
export function pageIdOf(tenant: string): Turn['pageId'] {
  return (rule, group, { key, transition }) =>
    uuidv5(JSON.stringify([tenant, rule, group, key, transition.epoch, transition.at]), PAGES)
}
