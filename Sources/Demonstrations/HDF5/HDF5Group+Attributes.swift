import CHDF5

/// Something that has attributes: a group or a dataset.
package protocol HDF5Object: ~Copyable {
  /// The library's number for it.
  var raw: Int64 { get }
}

/// Attributes, read in every form in which h5py writes them; none is written that varies in length,
/// for the library keeps such data where no checksum protects them.
extension HDF5Object where Self: ~Copyable {
  /// Whether this group has an attribute.
  func hasAttribute(_ name: String) throws -> Bool {
    let status = H5Aexists(raw, name)
    try HDF5.check(status)
    return status > 0
  }

  /// The integers of an attribute (a scalar is one), or nil where there is none.
  func integers(_ name: String) throws -> [Int64]? {
    try values(name, memoryType: CHDF5_native_int64(), zero: 0)
  }

  /// The integer of a scalar attribute, or nil where there is none.
  func integer(_ name: String) throws -> Int64? {
    try integers(name)?.first
  }

  /// The unsigned integer of a scalar attribute, or nil where there is none.
  func unsigned(_ name: String) throws -> UInt64? {
    let numbers: [UInt64]? = try values(name, memoryType: CHDF5_native_uint64(), zero: 0)
    return numbers?.first
  }

  /// The text of an attribute of variable or fixed length, or nil where there is none.
  func text(_ name: String) throws -> String? {
    guard try hasAttribute(name) else { return nil }
    let attribute = try openAttribute(name)
    let type = try HDF5Identifier(H5Aget_type(attribute.raw), closedBy: H5Tclose)
    let space = try HDF5Identifier(H5Aget_space(attribute.raw), closedBy: H5Sclose)
    guard H5Tget_class(type.raw) == H5T_STRING, H5Sget_simple_extent_npoints(space.raw) == 1 else {
      throw HDF5Failure(reason: "attribute '\(name)' is not text")
    }
    return try HDF5Text.read(type: type.raw, count: 1) { memory, buffer in
      H5Aread(attribute.raw, memory, buffer)
    }.first
  }

  /// Writes integers as an attribute of one dimension, in place of one of that name.
  package func setAttribute(_ name: String, _ values: [Int64]) throws {
    var count = hsize_t(values.count)
    let space = try HDF5Identifier(H5Screate_simple(1, &count, nil), closedBy: H5Sclose)
    try write(name, type: CHDF5_file_int64(), space: space.raw) { attribute in
      values.withUnsafeBytes { H5Awrite(attribute, CHDF5_native_int64(), $0.baseAddress) }
    }
  }

  /// Writes an integer as a scalar attribute, in place of one of that name.
  package func setAttribute(_ name: String, _ value: Int64) throws {
    let space = try HDF5Identifier(H5Screate(H5S_SCALAR), closedBy: H5Sclose)
    var value = value
    try write(name, type: CHDF5_file_int64(), space: space.raw) { attribute in
      H5Awrite(attribute, CHDF5_native_int64(), &value)
    }
  }

  /// Writes an unsigned integer as a scalar attribute, in place of one of that name.
  package func setAttribute(_ name: String, _ value: UInt64) throws {
    let space = try HDF5Identifier(H5Screate(H5S_SCALAR), closedBy: H5Sclose)
    var value = value
    try write(name, type: CHDF5_file_uint64(), space: space.raw) { attribute in
      H5Awrite(attribute, CHDF5_native_uint64(), &value)
    }
  }

  /// Writes a truth value as h5py's enumeration of FALSE and TRUE, in place of one of that name.
  package func setAttribute(_ name: String, _ value: Bool) throws {
    let space = try HDF5Identifier(H5Screate(H5S_SCALAR), closedBy: H5Sclose)
    let type = try HDF5Identifier(H5Tenum_create(CHDF5_file_int8()), closedBy: H5Tclose)
    for (label, number) in [("FALSE", Int8(0)), ("TRUE", Int8(1))] {
      var number = number
      try HDF5.check(H5Tenum_insert(type.raw, label, &number))
    }
    var number: Int8 = value ? 1 : 0
    try write(name, type: type.raw, space: space.raw) { attribute in
      H5Awrite(attribute, type.raw, &number)
    }
  }

  /// Writes a text as a UTF-8 attribute as long as the text, in place of one of that name.
  package func setAttribute(_ name: String, _ value: String) throws {
    let space = try HDF5Identifier(H5Screate(H5S_SCALAR), closedBy: H5Sclose)
    try HDF5Text.fixed([value]) { type, bytes in
      try write(name, type: type, space: space.raw) { H5Awrite($0, type, bytes.baseAddress) }
    }
  }

  /// The names of all attributes, in the order of their bytes.
  func attributeNames() throws -> [String] {
    var names: [String] = []
    try withUnsafeMutablePointer(to: &names) { pointer in
      var start: hsize_t = 0
      try HDF5.check(
        H5Aiterate2(
          raw, H5_INDEX_NAME, H5_ITER_INC, &start,
          { _, name, _, context in
            guard let names = context?.assumingMemoryBound(to: [String].self), let name else {
              return -1
            }
            names.pointee.append(String(cString: name))
            return 0
          }, pointer))
    }
    return names
  }

  /// An attribute's value as it is stored; nil for one that only refers to its value.
  func storedBytes(_ name: String) throws -> [UInt8]? {
    let attribute = try openAttribute(name)
    let type = try HDF5Identifier(H5Aget_type(attribute.raw), closedBy: H5Tclose)
    let space = try HDF5Identifier(H5Aget_space(attribute.raw), closedBy: H5Sclose)
    let count = H5Sget_simple_extent_npoints(space.raw)
    guard [H5T_INTEGER, H5T_FLOAT, H5T_ENUM, H5T_STRING].contains(H5Tget_class(type.raw)),
      H5Tis_variable_str(type.raw) <= 0, count >= 0, count <= 1 << 20
    else { return nil }
    var bytes = [UInt8](repeating: 0, count: Int(count) * H5Tget_size(type.raw))
    try bytes.withUnsafeMutableBytes { buffer in
      try HDF5.check(H5Aread(attribute.raw, type.raw, buffer.baseAddress))
    }
    return bytes
  }

  private func openAttribute(_ name: String) throws -> HDF5Identifier {
    try HDF5Identifier(H5Aopen(raw, name, CHDF5_default()), closedBy: H5Aclose)
  }

  private func values<T: BinaryInteger>(
    _ name: String, memoryType: hid_t, zero: T
  ) throws -> [T]? {
    guard try hasAttribute(name) else { return nil }
    let attribute = try openAttribute(name)
    let type = try HDF5Identifier(H5Aget_type(attribute.raw), closedBy: H5Tclose)
    let space = try HDF5Identifier(H5Aget_space(attribute.raw), closedBy: H5Sclose)
    let numeric = [H5T_INTEGER, H5T_FLOAT, H5T_ENUM].contains(H5Tget_class(type.raw))
    let count = H5Sget_simple_extent_npoints(space.raw)
    guard numeric, count >= 0, count <= 1 << 20 else {
      throw HDF5Failure(reason: "attribute '\(name)' is not a number")
    }
    var values = [T](repeating: zero, count: Int(count))
    try values.withUnsafeMutableBytes { buffer in
      try HDF5.check(H5Aread(attribute.raw, memoryType, buffer.baseAddress))
    }
    return values
  }

  private func write(
    _ name: String, type: hid_t, space: hid_t, _ body: (hid_t) -> herr_t
  ) throws {
    if try hasAttribute(name) { try HDF5.check(H5Adelete(raw, name)) }
    let attribute = try HDF5Identifier(
      H5Acreate2(raw, name, type, space, CHDF5_default(), CHDF5_default()),
      closedBy: H5Aclose)
    try HDF5.check(body(attribute.raw))
    try attribute.closeNow()
  }
}
