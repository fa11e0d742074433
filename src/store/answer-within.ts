/** The database did not answer in time. It may still do so. */
export class NoAnswerError extends Error {
  constructor(milliseconds: number) {
    super(`the database did not answer for ${milliseconds} ms`);
  }
}

/**
 * Settles like `answer`, or throws a `NoAnswerError` if it does not settle within this many milliseconds. An answer that
 * arrived while the event loop was blocked still counts, unlike with a timeout of the driver.
 */
export async function answerWithin<T>(milliseconds: number, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_resolve, reject) => {
    const give = () => reject(new NoAnswerError(milliseconds));
    // Gives the event loop one more turn to read an answer that has arrived.
    timer = setTimeout(() => setImmediate(give), milliseconds);
  });
  try {
    return await Promise.race([answer, silence]);
  } finally {
    clearTimeout(timer);
  }
}
