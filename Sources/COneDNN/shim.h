// What Swift needs of oneDNN: the row-major single-precision matrix product.
#include <oneapi/dnnl/dnnl.h>
