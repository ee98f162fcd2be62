use super::hashes;

#[test]
fn inline_scripts_are_hashed_and_linked_ones_are_not() {
    // The hash of `alert('Hello, world.');` from CSP Level 3, §2.3.1 and many a manual.
    let hello = " 'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='";
    assert_eq!(hashes("<script>alert('Hello, world.');</script>", "script"), hello);
    assert_eq!(hashes("<SCRIPT type=module>alert('Hello, world.');</SCRIPT>", "script"), hello);
    assert_eq!(hashes("<script src=\"./a.js\"></script><p>x</p>", "script"), "");
    assert_eq!(hashes("<script>", "script"), "");
    assert_eq!(hashes("<script>a\r\nb</script>", "script"), hashes("<script>a\nb</script>", "script"));
    let two = hashes("<script>a</script><script src=x></script><script>b</script>", "script");
    assert_eq!(two.matches("sha256-").count(), 2);
}
