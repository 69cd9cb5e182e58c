// Transposing small squares in registers.
#ifndef CKERNELS_TRANSPOSE_H
#define CKERNELS_TRANSPOSE_H

#include <stddef.h>

#include "versions.h"

typedef float square_row __attribute__((vector_size(64), aligned(4)));

#define EXCHANGE(BIT, LOW, HIGH)                                           \
  _Pragma("clang loop unroll(full)") for (int i = 0; i < 16; i++) {        \
    if (i & BIT) continue;                                                 \
    square_row x = r[i], y = r[i | BIT];                                   \
    r[i] = __builtin_shufflevector(x, y, LOW);                             \
    r[i | BIT] = __builtin_shufflevector(x, y, HIGH);                      \
  }
#define LIST(...) __VA_ARGS__

// Transposes 16 x 16 elements: exchanges the off-diagonal blocks of size 1, 2, 4, 8.
CLONES static void transpose_square(float *restrict to, size_t to_stride,
                                    const float *restrict from, size_t from_stride) {
  square_row r[16];
  _Pragma("clang loop unroll(full)") for (int i = 0; i < 16; i++) {
    r[i] = *(const square_row *)(from + i * from_stride);
  }
  EXCHANGE(1, LIST(0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30),
           LIST(1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31))
  EXCHANGE(2, LIST(0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29),
           LIST(2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31))
  EXCHANGE(4, LIST(0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27),
           LIST(4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31))
  EXCHANGE(8, LIST(0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23),
           LIST(8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31))
  _Pragma("clang loop unroll(full)") for (int i = 0; i < 16; i++) {
    *(square_row *)(to + i * to_stride) = r[i];
  }
}

#undef EXCHANGE
#undef LIST

#endif
