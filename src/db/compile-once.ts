import {
  type Compilable,
  type CompiledQuery,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
} from 'kysely'
import type { Db } from './database.ts'
import type { Database } from './schema.ts'

/** Stands for an argument while a statement is compiled. */
class Slot {
  readonly index: number
  constructor(index: number) {
    this.index = index
  }
}

const compiler = new Kysely<Database>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
})

/** A statement whose text is made once; each call only puts its arguments in (docs/decisions/0002). */
export function compileOnce<Args extends unknown[], Row>(
  build: (db: Db, ...args: Args) => Compilable<Row>,
): (db: Db, ...args: Args) => Promise<Row[]> {
  let compiled: CompiledQuery<Row> | undefined
  return async (db, ...args) => {
    compiled ??= build(compiler, ...(args.map((_, index) => new Slot(index)) as unknown as Args)).compile()
    const parameters = compiled.parameters.map((parameter) =>
      parameter instanceof Slot ? args[parameter.index] : parameter,
    )
    const { rows } = await db.executeQuery<Row>({ ...compiled, parameters })
    return rows
  }
}

/** How many shapes of one list are kept compiled; rarer ones are compiled at each call. */
const maxShapes = 200

/** The same for a list whose text depends on which filters are given: one statement per shape. */
export function compilePerShape<Args extends unknown[], Row>(
  build: (shape: string) => (db: Db, ...args: Args) => Compilable<Row>,
) {
  const statements = new Map<string, (db: Db, ...args: Args) => Promise<Row[]>>()
  return (shape: string): ((db: Db, ...args: Args) => Promise<Row[]>) => {
    const known = statements.get(shape)
    if (known !== undefined) return known
    const statement = compileOnce(build(shape))
    if (statements.size < maxShapes) statements.set(shape, statement)
    return statement
  }
}
