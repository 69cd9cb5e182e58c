#ifndef CJPEG_H
#define CJPEG_H

#include <stddef.h>
#include <stdint.h>

/// Reads the size of a JPEG file, in pixels; returns 0, or 1 for what is none.
int CJPEG_size(int32_t *width, int32_t *height, const uint8_t *file, size_t count);

/// Decodes a JPEG file to height × width × 3 bytes of red, green and blue, the uppermost row first;
/// returns 0, or 1 for a damaged file or one of another size.
int CJPEG_decode(uint8_t *rgb, int32_t width, int32_t height, const uint8_t *file, size_t count);

#endif
