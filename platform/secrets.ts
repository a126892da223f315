import { createCipheriv, createDecipheriv, hash, hkdfSync, randomBytes } from 'node:crypto'
import type { DataFolder } from './data-folder.ts'
import { SightlineError } from './errors.ts'

/** Seals what must be kept but not be readable in the database: secrets of webhooks, keys of pulled systems. */
export type SecretBox = {
  /**
   * @param context what the secret belongs to, such as `tenant/source`; it opens in the same context only
   * @throws SightlineError `secret_key_missing`
   */
  seal(secret: string, context: string): string
  /** @throws SightlineError `secret_key_missing` where there is no key, another one, or the text was changed or moved */
  open(sealed: string, context: string): string
}

const IV_BYTES = 12
const TAG_BYTES = 16

/**
 * Opens the box with the installation's key: `SIGHTLINE_SECRET_KEY`, else one that the data folder keeps. Where both are there, what
 * the folder's key sealed still opens. Without either the box exists and refuses.
 *
 * AES-256-GCM with a random 96-bit nonce; the context is authenticated data. A sealed text is `v1.KEY.BYTES`, KEY being the first 32
 * bits of the key's SHA-256.
 */
export async function openSecretBox(options: {
  key: string | undefined
  folder: Pick<DataFolder, 'secret'> | null
}): Promise<SecretBox> {
  const kept = options.folder === null ? [] : [await options.folder.secret('sealing-key')]
  const keys = [...(options.key === undefined ? [] : [options.key]), ...kept].map(derivedKey)
  const missing = (message: string, cause?: unknown): SightlineError =>
    new SightlineError('secret_key_missing', message, {
      next: 'Set SIGHTLINE_SECRET_KEY to the same text for every process (32 characters or more, such as from "openssl rand -base64 32").',
      cause,
    })
  return {
    seal(secret, context) {
      const [first] = keys
      if (first === undefined) throw missing('There is no key to seal secrets with.')
      const iv = randomBytes(IV_BYTES)
      const cipher = createCipheriv('aes-256-gcm', first.key, iv, { authTagLength: TAG_BYTES })
      cipher.setAAD(Buffer.from(context))
      const sealed = Buffer.concat([iv, cipher.update(secret, 'utf8'), cipher.final(), cipher.getAuthTag()])
      return `v1.${first.id}.${sealed.toString('base64url')}`
    },
    open(sealed, context) {
      const [version, id, text = ''] = sealed.split('.')
      const found = keys.find((candidate) => candidate.id === id)
      const bytes = Buffer.from(text, 'base64url')
      if (version !== 'v1' || found === undefined || bytes.length < IV_BYTES + TAG_BYTES)
        throw missing('A kept secret was sealed with another key.')
      const decipher = createDecipheriv('aes-256-gcm', found.key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
      decipher.setAAD(Buffer.from(context))
      decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
      try {
        return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]).toString('utf8')
      } catch (cause) {
        throw missing('A kept secret was changed, or moved to another source.', cause)
      }
    },
  }
}

function derivedKey(text: string): { id: string; key: Buffer } {
  const key = Buffer.from(hkdfSync('sha256', text, '', 'sightline sealing key', 32))
  return { id: hash('sha256', key).slice(0, 8), key }
}
