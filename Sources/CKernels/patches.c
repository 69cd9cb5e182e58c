// Convolution as a matrix product: the patches that a kernel meets, side by side as rows, times the
// kernel's weights (Chellapilla et al. 2006, "im2col").
#include <string.h>

#include "CKernels.h"
#include "versions.h"

// The part of one patch's row of pixels that lies inside the image: kernel columns first..<last.
typedef struct {
  size_t first, last;
} range;

INLINE range inside(size_t start, size_t padding, size_t kernel, size_t width) {
  size_t first = start < padding ? padding - start : 0;
  size_t end = width + padding - start;
  return (range){first < kernel ? first : kernel, end < kernel ? end : kernel};
}

// One place of the kernel: which part of it meets the image, and where.
typedef struct {
  range down, across;
  // The first float of the image and of the patch that meet, from their starts.
  size_t image, patch;
} meeting;

INLINE meeting meet(const CKernels_patch_shape *shape, size_t row, size_t column) {
  size_t y = row * shape->stride, x = column * shape->stride;
  range down = inside(y, shape->padding, shape->kernel, shape->height);
  range across = inside(x, shape->padding, shape->kernel, shape->width);
  size_t top = y + down.first - shape->padding, left = x + across.first - shape->padding;
  return (meeting){down, across, (top * shape->width + left) * shape->channels,
                   (down.first * shape->kernel + across.first) * shape->channels};
}

INLINE size_t places(size_t length, const CKernels_patch_shape *shape) {
  return (length + 2 * shape->padding - shape->kernel) / shape->stride + 1;
}

CLONES void CKernels_patches(float *restrict output, const float *restrict input,
                             const CKernels_patch_shape *shape, size_t images) {
  size_t kernel = shape->kernel, channels = shape->channels;
  size_t rows = places(shape->height, shape), columns = places(shape->width, shape);
  size_t size = kernel * kernel * channels, line = shape->width * channels;
  for (size_t i = 0; i < images; i++, input += shape->height * line) {
    for (size_t row = 0; row < rows; row++) {
      for (size_t column = 0; column < columns; column++, output += size) {
        meeting m = meet(shape, row, column);
        size_t height = m.down.last - m.down.first, width = m.across.last - m.across.first;
        if (height < kernel || width < kernel) memset(output, 0, size * sizeof(float));
        for (size_t k = 0; k < height; k++) {
          const float *from = input + m.image + k * line;
          float *to = output + m.patch + k * kernel * channels;
          for (size_t j = 0; j < width * channels; j++) to[j] = from[j];
        }
      }
    }
  }
}

CLONES void CKernels_patches_backward(float *restrict input_gradient,
                                      const float *restrict output_gradient, int accumulate,
                                      const CKernels_patch_shape *shape, size_t images) {
  size_t kernel = shape->kernel, channels = shape->channels;
  size_t rows = places(shape->height, shape), columns = places(shape->width, shape);
  size_t size = kernel * kernel * channels, line = shape->width * channels;
  if (!accumulate) memset(input_gradient, 0, images * shape->height * line * sizeof(float));
  for (size_t i = 0; i < images; i++, input_gradient += shape->height * line) {
    for (size_t row = 0; row < rows; row++) {
      for (size_t column = 0; column < columns; column++, output_gradient += size) {
        meeting m = meet(shape, row, column);
        size_t height = m.down.last - m.down.first, width = m.across.last - m.across.first;
        for (size_t k = 0; k < height; k++) {
          float *to = input_gradient + m.image + k * line;
          const float *from = output_gradient + m.patch + k * kernel * channels;
          for (size_t j = 0; j < width * channels; j++) to[j] += from[j];
        }
      }
    }
  }
}
