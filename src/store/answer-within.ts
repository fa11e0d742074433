/**
 * Settles as `answer` does, or throws when none has come for this many milliseconds. An answer that came while something held the
 * event loop counts: it is read before it is missed, unlike with a timeout of the driver's.
 */
export async function answerWithin<T>(milliseconds: number, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_resolve, reject) => {
    const give = () => reject(new Error(`the database did not answer for ${milliseconds} ms`));
    // After the next turn's reading.
    timer = setTimeout(() => setImmediate(give), milliseconds);
  });
  try {
    return await Promise.race([answer, silence]);
  } finally {
    clearTimeout(timer);
  }
}
