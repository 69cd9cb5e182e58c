// Where the sums of a product start.
#ifndef CKERNELS_START_H
#define CKERNELS_START_H

#include "CKernels.h"
#include "versions.h"

// The row that sum i starts from; null for zeros.
INLINE const float *start_row(const CKernels_rows *rows, size_t i) {
  if (rows->values == NULL) return NULL;
  if (rows->index != NULL) {
    i = (size_t)rows->index[i];
  } else if (rows->repeat > 1) {
    i /= rows->repeat;
  }
  return rows->values + i * rows->stride;
}

#endif
