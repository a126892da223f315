import type { Input, Looked, World } from '../model/alert-look.ts'
import type { Subject } from '../model/alert-subject.ts'
import type { Instant } from '../model/instant.ts'

const MINUTE_US: Instant = 60e6

/** What a replay knows, found by what comes due: the part of PostgreSQL that the engine reads, in memory. */
export class ReplayStore {
  /** Clocks that have begun and are not over, by service level. */
  readonly running = new Map<string, number>()
  readonly #subjects: World['subjects'] = new Map()
  readonly #instances: World['instances'] = new Map()
  readonly #pages: World['pages'] = new Map()
  /** Rules' keys by subject, blocks by document and by incident. */
  readonly #instancesOf = new Map<string, Set<string>>()
  readonly #blocksOf = new Map<string, Set<string>>()
  /** Names that come due, by minute. */
  readonly #due = new Map<number, Set<string>>()
  /** Service levels of the clocks that are counted as running, by name; names of those that are not yet, by the minute in which they begin. */
  readonly #counted = new Map<string, string>()
  readonly #begins = new Map<number, Set<string>>()
  #begun: number | null = null
  #minute: number | null = null
  #pagesAt: Instant | null = null

  /** Whether anything comes about by time alone up to an instant. */
  isDue(watermark: Instant, now: Instant): boolean {
    if (this.#pagesAt !== null && this.#pagesAt <= now) return true
    const last = Math.floor(watermark / MINUTE_US)
    for (let minute = this.#minute ?? last; minute <= last; minute++) if ((this.#due.get(minute)?.size ?? 0) > 0) return true
    // Nothing comes due before the last look any more: what was passed over need not be passed over again.
    this.#minute = last
    return false
  }

  /** The part that a look needs: what is due, what news, decisions and values are about, and what incidents block beside them. */
  slice(
    watermark: Instant,
    fed: readonly Subject[],
    decided: readonly string[],
    documents: Iterable<Subject['document']>,
  ): World {
    const names = new Set([...fed.map(({ kind, key }) => `${kind} ${key}`), ...decided.map((key) => `violation ${key}`)])
    const last = Math.floor(watermark / MINUTE_US)
    for (let minute = this.#minute ?? last; minute <= last; minute++) {
      for (const name of this.#due.get(minute) ?? []) names.add(name)
      if (minute < last) this.#due.delete(minute)
    }
    this.#minute = last
    this.#begin(last)
    const world: World = { subjects: new Map(), instances: new Map(), pages: this.#pages }
    const add = (name: string): void => {
      const known = this.#subjects.get(name)
      if (known === undefined || world.subjects.has(name)) return
      world.subjects.set(name, known)
      this.#addInstances(world, known.subject.key)
    }
    for (const subject of fed) this.#addInstances(world, subject.key)
    const incidents = new Set<string>()
    const related = (subject: Subject): void => {
      if (subject.kind === 'incident') incidents.add(subject.key)
      else if (subject.kind === 'block') incidents.add(subject.name)
      if (subject.kind !== 'incident')
        for (const name of this.#blocksOf.get(`${subject.document.type}/${subject.document.id}`) ?? []) add(name)
    }
    for (const name of names) {
      add(name)
      const known = this.#subjects.get(name)
      if (known !== undefined) related(known.subject)
    }
    for (const subject of fed) related(subject)
    for (const { type, id } of documents) for (const name of this.#blocksOf.get(`${type}/${id}`) ?? []) add(name)
    for (const page of this.#pages.values())
      if (page.class === 'technical') for (const { object, key } of page.body.members) if (object === null) incidents.add(key)
    for (const incident of incidents) {
      add(`incident ${incident}`)
      for (const name of this.#blocksOf.get(incident) ?? []) add(name)
    }
    // Rules whose values are looked up have no subjects.
    for (const [name, kept] of this.#instances) if (!this.#subjectOf(kept.key)) world.instances.set(name, kept)
    return world
  }

  /** Takes in what a look changed. */
  keep(world: World, looked: Looked, { held, watermark }: Pick<Input, 'held' | 'watermark'>): void {
    // What has to wait is due again at once.
    for (const [name, { subject, nextAt }] of world.subjects)
      if (nextAt !== null && nextAt <= watermark && held.has(`${subject.document.type}/${subject.document.id}`))
        this.#wait(watermark, name)
    for (const { subject, nextAt } of looked.kept) {
      const name = `${subject.kind} ${subject.key}`
      this.#subjects.set(name, { subject, nextAt })
      this.#count(name, subject, watermark)
      if (subject.kind === 'block') {
        this.#index(this.#blocksOf, `${subject.document.type}/${subject.document.id}`, name)
        this.#index(this.#blocksOf, subject.name, name)
      }
      this.#wait(nextAt, name)
    }
    for (const subject of looked.over) {
      const name = `${subject.kind} ${subject.key}`
      this.#uncount(name)
      this.#subjects.delete(name)
    }
    for (const kept of looked.evaluated.instances) {
      const name = `${kept.rule}\n${kept.key}`
      this.#instances.set(name, kept)
      this.#index(this.#instancesOf, kept.key, name)
      for (const kind of ['clock', 'violation', 'incident'])
        if (this.#subjects.has(`${kind} ${kept.key}`)) this.#wait(kept.nextAt, `${kind} ${kept.key}`)
    }
    let next: Instant | null = null
    for (const [id, page] of world.pages) {
      if (page.state === 'resolved') this.#pages.delete(id)
      else if (page.nextAt !== null) next = Math.min(next ?? page.nextAt, page.nextAt)
    }
    this.#pagesAt = next
  }

  #subjectOf(key: string): boolean {
    return ['clock', 'violation', 'incident'].some((kind) => this.#subjects.has(`${kind} ${key}`))
  }

  #addInstances(world: World, key: string): void {
    for (const name of this.#instancesOf.get(key) ?? []) {
      const kept = this.#instances.get(name)
      if (kept !== undefined) world.instances.set(name, kept)
    }
  }

  /** Counts a clock from the instant on at which it begins: hindsight knows of those that begin later. */
  #count(name: string, subject: Subject, watermark: Instant): void {
    if (subject.kind !== 'clock') return
    this.#uncount(name)
    if (subject.begun_at > watermark) {
      this.#index(this.#begins, Math.floor(subject.begun_at / MINUTE_US), name)
      return
    }
    this.#counted.set(name, subject.name)
    this.running.set(subject.name, (this.running.get(subject.name) ?? 0) + 1)
  }

  #uncount(name: string): void {
    const sla = this.#counted.get(name)
    if (sla === undefined) return
    this.#counted.delete(name)
    this.running.set(sla, (this.running.get(sla) ?? 0) - 1)
  }

  /** Counts the clocks that have begun by a minute. */
  #begin(last: number): void {
    for (let minute = this.#begun ?? last; minute <= last; minute++) {
      for (const name of this.#begins.get(minute) ?? []) {
        const subject = this.#subjects.get(name)?.subject
        if (subject !== undefined) this.#count(name, subject, (minute + 1) * MINUTE_US)
      }
      this.#begins.delete(minute)
    }
    this.#begun = last
  }

  #index<K>(index: Map<K, Set<string>>, key: K, name: string): void {
    const own = index.get(key)
    if (own === undefined) index.set(key, new Set([name]))
    else own.add(name)
  }

  #wait(at: Instant | null, name: string): void {
    if (at !== null) this.#index(this.#due, Math.floor(at / MINUTE_US), name)
  }
}
