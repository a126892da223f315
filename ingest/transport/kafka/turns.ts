/** So many at once; the others wait in the order they came. */
export class Turns {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(count: number) {
    this.#free = count
  }

  /** Resolves with the way to give the turn back, which does nothing the second time. Rejects when the signal aborts first. */
  take(signal: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason as Error)
        return
      }
      const start = (): void => {
        signal.removeEventListener('abort', giveUp)
        let given = false
        resolve(() => {
          if (given) return
          given = true
          const next = this.#waiting.shift()
          if (next === undefined) this.#free++
          else next()
        })
      }
      const giveUp = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(start), 1)
        reject(signal.reason as Error)
      }
      if (this.#free > 0) {
        this.#free--
        start()
      } else {
        signal.addEventListener('abort', giveUp, { once: true })
        this.#waiting.push(start)
      }
    })
  }
}
