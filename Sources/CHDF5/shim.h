// HDF5's native types are macros that call a function first, which Swift cannot import.
#include <hdf5.h>

static inline hid_t CHDF5_native_float(void) { return H5T_NATIVE_FLOAT; }
