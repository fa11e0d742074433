import { InferenceSession, Tensor } from 'onnxruntime-node';
import { asTurn } from '../in-turn.ts';
import { dataTypes, ModelProto } from '../onnx/onnx-schema.ts';

/** The factors of a product, and where it goes. The memory is that of the caller, so nothing is copied. */
interface Factors<Rows, Columns, Products> {
  readonly width: number;
  /** `[rows, width]`, not in shared memory, which ONNX Runtime does not read. */
  readonly rows: Rows;
  /** `[width, columns]` */
  readonly columns: Columns;
  /** Receives the products, `[rows, columns]`. */
  readonly products: Products;
}

type Product<Rows, Columns, Products> = (factors: Factors<Rows, Columns, Products>) => Promise<void>;

/** Multiplies matrices of floats. */
export function floatProduct(): Promise<Product<Float32Array, Float32Array, Float32Array>> {
  return openProduct('MatMul', { rows: 'float32', columns: 'float32', products: 'float32' });
}

/**
 * Multiplies matrices of bytes exactly, faster than floats and in a quarter of the memory. Columns must be from −64 to
 * 64: some processors add pairs of products in 16 bits.
 */
export function integerProduct(): Promise<Product<Uint8Array, Int8Array, Int32Array>> {
  return openProduct('MatMulInteger', { rows: 'uint8', columns: 'int8', products: 'int32' });
}

type NumberType = 'float32' | 'uint8' | 'int8' | 'int32';
type Numbers = Float32Array | Uint8Array | Int8Array | Int32Array;

/** Opens a session of one operator: `products` = `rows` · `columns`. */
async function openProduct<Rows extends Numbers, Columns extends Numbers, Products extends Numbers>(
  opType: string,
  types: Readonly<Record<'rows' | 'columns' | 'products', NumberType>>,
): Promise<Product<Rows, Columns, Products>> {
  const model = productModel(opType, types);
  const session = await InferenceSession.create(model, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  return async ({ width, rows, columns, products }) => {
    const [count, columnCount] = [rows.length / width, columns.length / width];
    const tensor = (type: NumberType, data: Numbers, shape: number[]) => new Tensor(type, data as never, shape);
    const feeds = {
      rows: tensor(types.rows, rows, [count, width]),
      columns: tensor(types.columns, columns, [width, columnCount]),
    };
    const fetches = { products: tensor(types.products, products, [count, columnCount]) };
    await asTurn(() => session.run(feeds, fetches));
  };
}

function productModel(opType: string, types: Readonly<Record<string, NumberType>>): Uint8Array {
  const tensor = (name: string, ...symbols: string[]) => ({
    name,
    type: {
      tensorType: {
        elemType: dataTypes[types[name] as NumberType],
        shape: { dim: symbols.map((dimParam) => ({ dimParam })) },
      },
    },
  });
  const graph = {
    name: 'products',
    node: [{ opType, name: 'products', input: ['rows', 'columns'], output: ['products'] }],
    input: [tensor('rows', 'rows', 'width'), tensor('columns', 'width', 'columns')],
    output: [tensor('products', 'rows', 'columns')],
  };
  return ModelProto.encode(
    ModelProto.create({ irVersion: 8, producerName: 'warmstart', opsetImport: [{ domain: '', version: 18 }], graph }),
  ).finish();
}
