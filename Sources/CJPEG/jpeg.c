#include "CJPEG.h"

#include <setjmp.h>
#include <stddef.h>
#include <stdio.h>

#include <jpeglib.h>

// libjpeg ends the process at an error, unless its handler jumps away.
struct handler {
  struct jpeg_error_mgr manager;
  jmp_buf place;
};

static void leave(j_common_ptr common) {
  longjmp(((struct handler *)common->err)->place, 1);
}

// Half a file is decoded with a warning, and would be taken for a whole one.
static void warn(j_common_ptr common, int level) {
  if (level < 0) leave(common);
}

static void keep_silent(j_common_ptr common) { (void)common; }

static void begin(struct jpeg_decompress_struct *state, struct handler *handler) {
  state->err = jpeg_std_error(&handler->manager);
  handler->manager.error_exit = leave;
  handler->manager.emit_message = warn;
  handler->manager.output_message = keep_silent;
}

// Reads the size, and where there is room the pixels of a file of that size.
static int read_file(
    uint8_t *rgb, int32_t *width, int32_t *height, const uint8_t *file, size_t count) {
  struct jpeg_decompress_struct state;
  struct handler handler;
  begin(&state, &handler);
  if (setjmp(handler.place)) {
    jpeg_destroy_decompress(&state);
    return 1;
  }
  jpeg_create_decompress(&state);
  jpeg_mem_src(&state, file, count);
  jpeg_read_header(&state, TRUE);
  int fits = 1;
  if (rgb) {
    state.out_color_space = JCS_RGB;
    jpeg_start_decompress(&state);
    fits = (int32_t)state.output_width == *width && (int32_t)state.output_height == *height &&
           state.output_components == 3;
    while (fits && state.output_scanline < state.output_height) {
      JSAMPROW row = rgb + (size_t)3 * (size_t)*width * state.output_scanline;
      jpeg_read_scanlines(&state, &row, 1);
    }
    if (fits) jpeg_finish_decompress(&state);
  } else {
    *width = (int32_t)state.image_width;
    *height = (int32_t)state.image_height;
  }
  jpeg_destroy_decompress(&state);
  return fits ? 0 : 1;
}

int CJPEG_size(int32_t *width, int32_t *height, const uint8_t *file, size_t count) {
  return read_file(NULL, width, height, file, count);
}

int CJPEG_decode(uint8_t *rgb, int32_t width, int32_t height, const uint8_t *file, size_t count) {
  return rgb ? read_file(rgb, &width, &height, file, count) : 1;
}
