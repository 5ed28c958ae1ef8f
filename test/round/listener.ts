/** Reads a stream of server-sent events as they come; ends when the server does or with `close`. */
export async function listenTo(address: string, path: string) {
  const ending = new AbortController()
  const response = await fetch(new URL(path, address), { signal: ending.signal })
  if (response.status !== 200) throw new Error(`${path} answered ${response.status}: ${await response.text()}`)
  const heard: { event: string; data: string }[] = []
  const read = async () => {
    let rest = ''
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const blocks = (rest + chunk).split('\n\n')
      rest = blocks.pop() ?? ''
      for (const block of blocks) {
        const field = (name: string) => new RegExp(`^${name}: ?(.*)$`, 'm').exec(block)?.[1] ?? ''
        if (field('data') !== '') heard.push({ event: field('event'), data: field('data') })
      }
    }
  }
  const done = read().catch(() => {})
  return {
    heard,
    async close() {
      ending.abort()
      await done
    },
  }
}
