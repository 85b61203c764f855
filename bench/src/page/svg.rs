//! A small writer of SVG pictures that can be read on a light and on a dark ground.

use std::fmt::Write as _;

/// The looks of what is drawn, and the ground, for light and for dark.
const STYLE: &str = "<style>
text { font: 15px system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif; fill: #1f2328 }
.title { font-size: 20px; font-weight: 600 }
.heading { font-weight: 600 }
.faint { fill: #59636e }
.over { paint-order: stroke; stroke: #fff; stroke-width: 5px; stroke-linejoin: round }
.ground { fill: #fff }
.grid { stroke: #d9dee3 }
.axis { stroke: #818b98 }
.one { fill: #2563c9; stroke: #2563c9 }
.two { fill: #c2550a; stroke: #c2550a }
.floor { stroke: #1f2328; stroke-width: 2 }
.goal { stroke: #1a7f37; stroke-width: 2; stroke-dasharray: 6 4 }
.curve { fill: none; stroke-width: 2; stroke-linejoin: round }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.faint { fill: #9da7b1 }
.over { stroke: #0d1117 }
.ground { fill: #0d1117 }
.grid { stroke: #2a313a }
.axis { stroke: #6e7781 }
.one { fill: #4d8ff0; stroke: #4d8ff0 }
.two { fill: #f0883e; stroke: #f0883e }
.floor { stroke: #e6edf3 }
.goal { stroke: #3fb950 }
.curve { fill: none }
}
</style>";

/// Where a text is held.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// At its beginning.
    Start,
    /// At its middle.
    Middle,
    /// At its end.
    End,
}

/// A picture under way. All lengths are pixels, from the left and from the top.
pub struct Picture {
    body: String,
}

impl Picture {
    /// An empty picture.
    pub fn new() -> Picture {
        Picture { body: String::new() }
    }

    /// A text on the line at `y`.
    pub fn text(&mut self, class: &str, hold: Hold, (x, y): (f64, f64), text: &str) {
        let anchor = match hold {
            Hold::Start => "start",
            Hold::Middle => "middle",
            Hold::End => "end",
        };
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        let _ = writeln!(
            self.body,
            r#"<text class="{class}" x="{x:.1}" y="{y:.1}" text-anchor="{anchor}">{text}</text>"#
        );
    }

    /// A straight line.
    pub fn line(&mut self, class: &str, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
        let _ = writeln!(
            self.body,
            r#"<line class="{class}" x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}"/>"#
        );
    }

    /// A filled rectangle.
    pub fn bar(&mut self, class: &str, (x, y): (f64, f64), (width, height): (f64, f64)) {
        let _ = writeln!(
            self.body,
            r#"<rect class="{class}" x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}"/>"#
        );
    }

    /// A line through points.
    pub fn curve(&mut self, class: &str, points: impl Iterator<Item = (f64, f64)>) {
        let points: Vec<String> = points.map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let _ = writeln!(self.body, r#"<polyline class="{class} curve" points="{}"/>"#, points.join(" "));
    }

    /// The whole picture, in that size, described in words for who can't see it.
    pub fn finish(self, width: f64, height: f64, words: &str) -> String {
        let body = self.body;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
             height=\"{height:.0}\" role=\"img\">\n<title>{words}</title>\n{STYLE}\n\
             <rect class=\"ground\" width=\"100%\" height=\"100%\"/>\n{body}</svg>\n"
        )
    }
}

/// Marks of an axis from 0 to at least `most`: round numbers, some four to eight of them.
pub fn marks(most: f64) -> Vec<f64> {
    if !most.is_finite() || most <= 0.0 {
        return vec![0.0, 1.0];
    }
    let power = 10f64.powf((most / 5.0).log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|digit| digit * power);
    let step = step.into_iter().find(|step| most / step <= 6.0).unwrap_or(most);
    (0..=(most / step).ceil() as usize).map(|index| index as f64 * step).collect()
}

/// A whole number in groups of three digits.
pub fn grouped(number: f64) -> String {
    let digits = format!("{:.0}", number.abs());
    let mut out = String::from(if number < 0.0 { "-" } else { "" });
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_has_a_few_round_marks_and_holds_its_most() {
        for most in [0.3, 7.0, 45_800.0, 99_999.0, 412_345.0, 1e7] {
            let marks = marks(most);
            assert!((4..=8).contains(&marks.len()), "{most}: {marks:?}");
            assert!(marks.last().is_some_and(|last| *last >= most), "{most}: {marks:?}");
        }
        assert_eq!(marks(45_800.0)[1], 10_000.0);
        assert_eq!(marks(f64::NAN), [0.0, 1.0]);
    }

    #[test]
    fn digits_go_in_threes() {
        assert_eq!([0.0, 999.4, 1000.0, 1_234_567.0].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn texts_are_escaped() {
        let mut picture = Picture::new();
        picture.text("faint", Hold::End, (1.0, 2.0), "a < b & c");
        let text = picture.finish(10.0, 10.0, "words");
        assert!(text.contains(r#"text-anchor="end">a &lt; b &amp; c</text>"#), "{text}");
    }
}
