/** The same function of a number, which computes for each number once. */
export function onceEach<T>(compute: (value: number) => Promise<T>): (value: number) => Promise<T> {
  const computed = new Map<number, Promise<T>>();
  return (value) => {
    const result = computed.get(value) ?? compute(value);
    computed.set(value, result);
    return result;
  };
}
