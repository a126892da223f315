import { defineConfig } from 'drizzle-kit'

/** `drizzle-kit generate --config platform/postgres/drizzle.config.ts` writes the next migration after a change of schema.ts. */
export default defineConfig({
  dialect: 'postgresql',
  schema: './platform/postgres/schema.ts',
  out: './platform/postgres/migrations',
})
