// What Swift cannot import from <hdf5.h>: macros that call a function before they give their value,
// and calls whose callback has another type from one HDF5 release to the next.
#pragma once

#include <hdf5.h>

// Types in memory and in files.
static inline hid_t CHDF5_native_float(void) { return H5T_NATIVE_FLOAT; }
static inline hid_t CHDF5_native_double(void) { return H5T_NATIVE_DOUBLE; }
static inline hid_t CHDF5_native_uint8(void) { return H5T_NATIVE_UINT8; }
static inline hid_t CHDF5_native_int8(void) { return H5T_NATIVE_INT8; }
static inline hid_t CHDF5_native_int64(void) { return H5T_NATIVE_INT64; }
static inline hid_t CHDF5_native_uint64(void) { return H5T_NATIVE_UINT64; }
static inline hid_t CHDF5_file_float32(void) { return H5T_IEEE_F32LE; }
static inline hid_t CHDF5_file_float64(void) { return H5T_IEEE_F64LE; }
static inline hid_t CHDF5_file_uint8(void) { return H5T_STD_U8LE; }
static inline hid_t CHDF5_file_int8(void) { return H5T_STD_I8LE; }
static inline hid_t CHDF5_file_int64(void) { return H5T_STD_I64LE; }
static inline hid_t CHDF5_file_uint64(void) { return H5T_STD_U64LE; }
static inline hid_t CHDF5_c_string(void) { return H5T_C_S1; }
static inline size_t CHDF5_variable_length(void) { return H5T_VARIABLE; }

// Classes of property lists.
static inline hid_t CHDF5_file_access(void) { return H5P_FILE_ACCESS; }
static inline hid_t CHDF5_file_create(void) { return H5P_FILE_CREATE; }
static inline hid_t CHDF5_group_create(void) { return H5P_GROUP_CREATE; }
static inline hid_t CHDF5_dataset_create(void) { return H5P_DATASET_CREATE; }
static inline hid_t CHDF5_link_access(void) { return H5P_LINK_ACCESS; }
static inline hid_t CHDF5_group_access(void) { return H5P_GROUP_ACCESS; }
static inline hid_t CHDF5_dataset_access(void) { return H5P_DATASET_ACCESS; }

// Defaults and ways to open a file.
static inline hid_t CHDF5_default(void) { return H5P_DEFAULT; }
static inline hid_t CHDF5_error_stack(void) { return H5E_DEFAULT; }
static inline hid_t CHDF5_everything(void) { return H5S_ALL; }
static inline unsigned CHDF5_read_only(void) { return H5F_ACC_RDONLY; }
static inline unsigned CHDF5_read_write(void) { return H5F_ACC_RDWR; }
static inline unsigned CHDF5_truncate(void) { return H5F_ACC_TRUNC; }
/// Whether an address in a file is none: nothing was stored there.
static inline int CHDF5_is_nowhere(haddr_t address) { return address == HADDR_UNDEF; }
/// The length of external storage that goes on to the end of its file.
static inline hsize_t CHDF5_unlimited_storage(void) { return H5F_UNLIMITED; }
/// The number of points of a selection without end.
static inline hsize_t CHDF5_unlimited_extent(void) { return H5S_UNLIMITED; }

/// What CHDF5_link_names calls for each link.
typedef struct {
  void (*visit)(void *context, const char *name, H5L_type_t kind);
  void *context;
} CHDF5_link_visitor;

static inline herr_t CHDF5_visit_link(
    hid_t group, const char *name, const H5L_info_t *info, void *visitor) {
  (void)group;
  CHDF5_link_visitor *v = (CHDF5_link_visitor *)visitor;
  v->visit(v->context, name, info->type);
  return 0;
}

/// Calls `visit(context, name, kind)` for each link of `group`, ordered by name; negative on
/// failure. (H5Literate's callback takes another structure in HDF5 1.12.)
static inline herr_t CHDF5_link_names(
    hid_t group, void (*visit)(void *context, const char *name, H5L_type_t kind), void *context) {
  CHDF5_link_visitor visitor = {visit, context};
  return H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, NULL, CHDF5_visit_link, &visitor);
}
