/** Whether a text is the address of a mail server: `smtp(s)://USER:PASSWORD@HOST:PORT`, whose user and password can be read. */
export function isSmtpUrl(text: string): boolean {
  if (!/^smtps?:\/\//u.test(text) || !URL.canParse(text)) return false
  const { hostname, username, password } = new URL(text)
  return hostname !== '' && isEncoded(username) && isEncoded(password)
}

function isEncoded(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    // A malformed escape is all that can be wrong with it.
    return false
  }
}
