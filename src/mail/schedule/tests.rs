use super::*;

#[test]
fn pauses_double_up_to_an_hour_and_end() {
    let pauses: Vec<u64> = (1..).map_while(pause_after).map(|pause| pause.as_secs()).collect();
    assert_eq!(pauses[..4], [15, 30, 60, 120]);
    assert_eq!(pauses.last(), Some(&3600));
    assert_eq!(pauses.len(), 14);
    assert!(pauses.windows(2).all(|pair| pair[0] <= pair[1]));
    assert!((7 * 3600..9 * 3600).contains(&pauses.iter().sum::<u64>()));
    assert_eq!(pause_after(u32::MAX), None);
}
