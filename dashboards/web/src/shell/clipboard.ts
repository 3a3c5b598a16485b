/** Whether the text is on the clipboard now. Pages served without HTTPS have none, and a reader may refuse. */
export async function copyText(text: string): Promise<boolean> {
  if (!('clipboard' in navigator)) return false
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return false
  }
}
