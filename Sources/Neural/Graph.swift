public struct Stub2 {}
