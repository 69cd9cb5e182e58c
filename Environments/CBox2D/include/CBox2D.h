#ifdef __cplusplus
extern "C" {
#endif
void CBox2D_stub(void);
#ifdef __cplusplus
}
#endif
