//! The points that are looked at, with their codes, which never change (`spec/server.md`, "The page, from outside").

use crate::text::Lang;

macro_rules! points {
    ($($variant:ident $code:literal $es:literal $en:literal)*) => {
        /// One point.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[expect(missing_docs, reason = "each has its code and its words below")]
        pub enum Point {
            $($variant,)*
        }

        impl Point {
            /// All, in their order.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Its code.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)*
                }
            }

            /// What holds when all is well.
            #[must_use]
            pub fn says(self, lang: Lang) -> &'static str {
                match self {
                    $(Self::$variant => lang.pick($es, $en),)*
                }
            }
        }
    };
}

points! {
    List "W1.1"
        "la página trae la lista de sus archivos"
        "the page comes with the list of its files"
    Build "W1.2"
        "la lista es la que nombra el manifiesto sellado"
        "the list is the one that the sealed manifest names"
    BuildAct "W1.3"
        "la bitácora de actos nombra la misma lista"
        "the log of acts names the same list"
    Files "W2.1"
        "cada archivo de la lista llega como está en la lista"
        "every file of the list comes as it stands in the list"
    Root "W2.2"
        "la dirección misma da el documento index.html de la lista"
        "the address itself gives the document index.html of the list"
    Documents "W2.3"
        "los documentos no cargan nada fuera de la lista"
        "the documents load nothing that is not on the list"
    Worker "W2.4"
        "nada instala un programa que se quede en el navegador (service worker)"
        "nothing installs a program that stays in the browser (service worker)"
    Policy "W3.1"
        "la política de seguridad de cada respuesta no es más débil de lo debido"
        "the security policy of every answer is no weaker than it must be"
    Headers "W3.2"
        "cada respuesta lleva nosniff y no-referrer"
        "every answer has nosniff and no-referrer"
    Types "W3.3"
        "cada archivo llega como lo que es, sin otra codificación"
        "every file comes as what it is, in no other encoding"
    Moved "W3.4"
        "nada se desvía a otra dirección"
        "nothing is redirected to another address"
    Extra "W3.5"
        "ninguna respuesta deja galletas ni manda cargar otra cosa"
        "no answer leaves cookies or makes the browser load anything else"
    Config "W4.1"
        "config.json nombra esta elección"
        "config.json names this election"
    Addresses "W4.2"
        "las direcciones de config.json van cifradas"
        "the addresses in config.json are encrypted"
    Emblems "W4.3"
        "los emblemas son los del manifiesto"
        "the emblems are those of the manifest"
    Sealed "W5.1"
        "el servidor entrega el expediente sellado, byte por byte"
        "the server hands out the sealed record, byte for byte"
    Figures "W5.2"
        "lo que el servidor dice de la elección es lo del manifiesto"
        "what the server says of the election is what the manifest says"
    Lists "W5.3"
        "las listas de credenciales del servidor son las selladas"
        "the server's credential lists are the sealed ones"
    Buckets "W5.4"
        "cada parte de cada lista es la sellada"
        "every bucket of every list is the sealed one"
    Acts "W6.1"
        "la bitácora de actos va firmada por ella y por el quórum de testigos"
        "the log of acts is signed by itself and by the quorum of witnesses"
    Entries "W6.2"
        "los actos publicados dan la raíz firmada"
        "the published acts give the signed root"
    Beginning "W6.3"
        "el acto inicial nombra esta elección, sus archivos y sus listas"
        "the first act names this election, its files and its lists"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_increase() {
        assert!(Point::ALL.is_sorted_by(|a, b| a.code() < b.code()));
        let document = include_str!("../../../../spec/server.md");
        let rows: Vec<&str> = document.lines().filter(|line| line.starts_with("| W")).collect();
        assert_eq!(rows.len(), Point::ALL.len());
        for (row, point) in rows.iter().zip(Point::ALL) {
            assert!(row.starts_with(&format!("| {} |", point.code())), "{row}");
        }
    }
}
