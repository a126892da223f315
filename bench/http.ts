import { postBenchmark } from './ingest.ts'

/** Requests of 100 events: what a producer sends that does not collect for long. */
export const http = postBenchmark('http', { bodyEvents: 100, inFlight: 256 })
