public struct Stub1 {}
