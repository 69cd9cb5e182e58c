// The inner loops of matrix products for one instruction set; matmul.c includes this once for
// each.
//
// VERSION: a suffix; TARGET: the attribute that allows its instructions; LANES: floats of a
// register; ROWS: rows of the largest tile, at most 8, such that 2 * ROWS sums leave registers for
// operands. FACTOR: what the left operand's elements are; ADD_PRODUCT(sum, factor, right): adds one
// times a register of the right operand to a register of sums.

#define PASTE(a, b) a##b
#define JOIN(a, b) PASTE(a, b)
#define V(name) JOIN(name##_, VERSION)
#define UNROLL _Pragma("clang loop unroll(full)")

typedef float V(lanes) __attribute__((vector_size(4 * LANES), aligned(4)));
typedef _Float16 V(halves) __attribute__((vector_size(2 * LANES), aligned(2)));

TARGET INLINE V(lanes) V(right_vector)(const work *w, size_t place, const int is_half) {
  return is_half ? __builtin_convertvector(*(const V(halves) *)(w->halves + place), V(lanes))
                 : *(const V(lanes) *)(w->right + place);
}

// sums of rows x (vectors * LANES) elements from column on, over all summands of the work.
TARGET INLINE void V(tile)(const work *w, size_t row, size_t column, const int rows,
                           const int vectors, const int is_half) {
  V(lanes) sum[8][8];
  float *output = w->output + row * w->output_stride + column;
  UNROLL for (int i = 0; i < rows; i++) {
    const float *from = output + i * w->output_stride;
    if (w->start != NULL) {
      from = start_of(&w->start->first, w->start->row + row + i, w->first_column + column);
    }
    UNROLL for (int v = 0; v < vectors; v++) sum[i][v] = *(const V(lanes) *)(from + v * LANES);
  }
  if (w->start != NULL && w->start->second.values != NULL) {
    UNROLL for (int i = 0; i < rows; i++) {
      const float *also =
          start_of(&w->start->second, w->start->row + row + i, w->first_column + column);
      UNROLL for (int v = 0; v < vectors; v++) sum[i][v] += *(const V(lanes) *)(also + v * LANES);
    }
  }
  const FACTOR *left = (const FACTOR *)w->left.values + row * w->left.row_stride;
  const size_t row_stride = w->left.row_stride, left_step = w->left.step, step = w->step;
  size_t b[8];  // where each vector starts in the right operand
  UNROLL for (int v = 0; v < vectors; v++) {
    size_t j = column + v * LANES;
    b[v] = j / panel_width * w->panel_stride + j % panel_width;
  }
  for (size_t k = 0; k < w->inner; k++, left += left_step) {
    // What there are fewer of, rows or vectors, waits in registers, and the others pass by one at a
    // time; with all of both at once sixteen registers do not hold the sums as well.
    if (rows < vectors) {
      FACTOR factor[8];
      UNROLL for (int i = 0; i < rows; i++) factor[i] = left[i * row_stride];
      UNROLL for (int v = 0; v < vectors; v++) {
        const V(lanes) right = V(right_vector)(w, b[v] + k * step, is_half);
        UNROLL for (int i = 0; i < rows; i++) ADD_PRODUCT(sum[i][v], factor[i], right);
      }
    } else {
      V(lanes) right[8];
      UNROLL for (int v = 0; v < vectors; v++) {
        right[v] = V(right_vector)(w, b[v] + k * step, is_half);
      }
      UNROLL for (int i = 0; i < rows; i++) {
        const FACTOR factor = left[i * row_stride];
        UNROLL for (int v = 0; v < vectors; v++) ADD_PRODUCT(sum[i][v], factor, right[v]);
      }
    }
  }
  UNROLL for (int i = 0; i < rows; i++) {
    UNROLL for (int v = 0; v < vectors; v++) {
      *(V(lanes) *)(output + i * w->output_stride + v * LANES) = sum[i][v];
    }
  }
}

// As many columns of a few rows as fill registers; says how many. Few rows take several panels at
// once: with few sums under way each would wait for its own last one.
#define STRIP(COUNT, VECTORS)                                                             \
  case COUNT:                                                                             \
    for (; column + VECTORS * LANES <= w->columns; column += VECTORS * LANES) {           \
      V(tile)(w, row, column, COUNT, VECTORS, is_half);                                   \
    }                                                                                     \
    for (; VECTORS > 2 && column + 2 * LANES <= w->columns; column += 2 * LANES) {        \
      V(tile)(w, row, column, COUNT, 2, is_half);                                         \
    }                                                                                     \
    break;

TARGET INLINE size_t V(strip)(const work *w, size_t row, size_t rows, const int is_half) {
  size_t column = 0;
  switch (rows) {
    STRIP(1, 8)
    STRIP(2, (LANES == 16 ? 8 : 4))
    STRIP(3, (LANES == 16 ? 8 : 4))
    STRIP(4, 2)
    STRIP(5, 2)
    STRIP(6, 2)
    STRIP(7, 2)
    STRIP(8, 2)
  }
  return column;
}

// The last columns, fewer than a tile has: through a tile beside the output.
TARGET static void V(edge)(const work *w, size_t row, size_t column, size_t rows) {
  enum { width = 2 * LANES };
  float beside[ROWS * width];
  size_t columns = w->columns - column;
  for (size_t i = 0; i < rows; i++) {
    const float *from = w->output + (row + i) * w->output_stride + column, *also = NULL;
    if (w->start != NULL) {
      from = start_of(&w->start->first, w->start->row + row + i, w->first_column + column);
      if (w->start->second.values != NULL) {
        also = start_of(&w->start->second, w->start->row + row + i, w->first_column + column);
      }
    }
    for (size_t j = 0; j < width; j++) beside[i * width + j] = j < columns ? from[j] : 0;
    // Nothing is added where there is nothing, as in a tile: -0 + 0 would be 0.
    for (size_t j = 0; also != NULL && j < columns; j++) beside[i * width + j] += also[j];
  }
  size_t place = column / panel_width * w->panel_stride + column % panel_width;
  work part = *w;
  part.output = beside;
  part.output_stride = width;
  part.start = NULL;
  part.left.values += row * w->left.row_stride;
  part.columns = width;
  if (w->halves != NULL) {
    part.halves += place;
    V(strip)(&part, 0, rows, 1);
  } else {
    part.right += place;
    V(strip)(&part, 0, rows, 0);
  }
  for (size_t i = 0; i < rows; i++) {
    memcpy(w->output + (row + i) * w->output_stride + column, beside + i * width,
           columns * sizeof(float));
  }
}

// Tiles of nearly equal heights, for the same reason.
TARGET static void V(run)(const work *w) {
  size_t tiles = (w->rows + ROWS - 1) / ROWS;
  for (size_t tile = 0; tile < tiles; tile++) {
    size_t row = w->rows * tile / tiles, rows = w->rows * (tile + 1) / tiles - row;
    size_t column =
        w->halves != NULL ? V(strip)(w, row, rows, 1) : V(strip)(w, row, rows, 0);
    if (column < w->columns) V(edge)(w, row, column, rows);
  }
}

#undef STRIP
#undef UNROLL
#undef V
#undef JOIN
#undef PASTE
#undef VERSION
#undef TARGET
#undef LANES
#undef ROWS
#undef FACTOR
#undef ADD_PRODUCT
