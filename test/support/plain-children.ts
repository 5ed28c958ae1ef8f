/** The test runner adds a loader of its own to every process that is started; one without any rights could not load it. */
const runner = Symbol.for('process-on-spawn@*:singletonId')
const state = (globalThis as unknown as Record<symbol, { listeners: unknown[] } | undefined>)[runner]
if (state !== undefined) state.listeners = []
