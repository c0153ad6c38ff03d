// Waiting for several things at once without leaving one of them behind.

/** All results, once none of them is under way any more. @throws the first error */
export const allOrFirstError = async <T>(promises: readonly Promise<T>[]): Promise<T[]> => {
  await Promise.allSettled(promises);
  return Promise.all(promises);
};
