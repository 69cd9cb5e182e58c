// What a product's tiles compute; tile.h has the tiles.
#ifndef CKERNELS_WORK_H
#define CKERNELS_WORK_H

#include "start.h"

enum {
  panel_width = CKernels_panel_width,
  slice = 256,    // summands that a panel in the cache holds
};

// What one call of a version's tiles computes; all of the right operand's panels lie panel_stride
// apart, rows of a panel step apart.
typedef struct {
  float *output;
  size_t output_stride;
  const CKernels_start *start;  // null to add to the output
  size_t first_column;          // of the start rows
  CKernels_left left;
  const float *right;
  const _Float16 *halves;  // in place of right, or null
  size_t step, panel_stride;
  size_t rows, inner, columns;
} work;

// What sums start from where nothing is given; as long as the widest tile.
static const float zeros[8 * 16];

// Where the sums of a row and the columns from `column` on start.
INLINE const float *start_of(const CKernels_rows *rows, size_t i, size_t column) {
  const float *row = start_row(rows, i);
  return row != NULL ? row + column : zeros;
}

// Computes it in floats, by the best tiles that this processor has.
void CKernels_run_floats(const work *w);

#endif
