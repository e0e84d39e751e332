//! The codes of the checks, with what each establishes.

use core::fmt;

macro_rules! checks {
    ($($name:ident $code:literal $what:literal $que:literal;)*) => {
        /// A numbered check of `spec/verification.md`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Check {
            $(#[doc = $what] $name,)*
        }

        impl Check {
            /// All checks in the order of the specification.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The stable code.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// What it establishes, in English.
            #[must_use]
            pub fn what(self) -> &'static str {
                match self { $(Self::$name => $what,)* }
            }

            /// What it establishes, in Spanish.
            #[must_use]
            pub fn que(self) -> &'static str {
                match self { $(Self::$name => $que,)* }
            }
        }
    };
}

checks! {
    R1_1 "R1.1" "the record holds every obligatory file and no other kind of file" "el expediente tiene todos los archivos obligatorios y ninguno ajeno";
    M1_1 "M1.1" "the manifest is readable" "el manifiesto se puede leer";
    M1_2 "M1.2" "the manifest obeys every rule" "el manifiesto cumple todas las reglas";
    M1_3 "M1.3" "the options are those that parties and coalitions give, in the order of the acta" "las opciones son las que dan partidos y coaliciones, en el orden del acta";
    L1_1 "L1.1" "the roll record is readable" "el registro de la lista se puede leer";
    L1_2 "L1.2" "the roll belongs to this manifest" "la lista corresponde a este manifiesto";
    L1_3 "L1.3" "roll versions are chained and their numbers agree" "las versiones de la lista están encadenadas y sus números coinciden";
    L1_4 "L1.4" "the registrar signed the roll" "el registro firmó la lista";
    C1_1 "C1.1" "the registrar's half credentials are readable" "las mitades del registro se pueden leer";
    C1_2 "C1.2" "one registrar half per roll entry" "una mitad del registro por persona de la lista";
    C1_3 "C1.3" "the registrar knows every half's secret" "el registro conoce el secreto de cada mitad";
    C1_4 "C1.4" "the registrar signed its halves" "el registro firmó sus mitades";
    C2_1 "C2.1" "the server's half credentials are readable" "las mitades del servidor se pueden leer";
    C2_2 "C2.2" "one server half per roll entry" "una mitad del servidor por persona de la lista";
    C2_3 "C2.3" "the server knows every half's secret" "el servidor conoce el secreto de cada mitad";
    C2_4 "C2.4" "the server signed its halves" "el servidor firmó sus mitades";
    C3_1 "C3.1" "no two voters share a key" "no hay dos personas con la misma clave";
    C4_1 "C4.1" "the credential mixes are those that the manifest asks for, by different custodians, one after the other" "las mezclas de credenciales son las que pide el manifiesto, de custodias distintas, una tras otra";
    C4_2 "C4.2" "every mixing custodian signed its mix" "cada custodia firmó su mezcla";
    C4_3 "C4.3" "every mix holds the credentials of the one before, in an order and under a base that only the mixing custodian knows" "cada mezcla tiene las credenciales de la anterior, en un orden y con una base que sólo conoce quien mezcló";
    C5_1 "C5.1" "the credential lists are readable and belong to the roll" "las listas de credenciales se pueden leer y son de esta lista";
    C5_2 "C5.2" "the lists hold the keys of the last mix and nothing else" "las listas contienen las claves de la última mezcla y nada más";
    K1_1 "K1.1" "the key ceremony's transcript is readable" "el acta de la ceremonia de llaves se puede leer";
    K1_2 "K1.2" "the ceremony belongs to this manifest" "la ceremonia corresponde a este manifiesto";
    K1_3 "K1.3" "every commitment message is signed by its custodian" "cada mensaje de compromiso lo firmó su custodia";
    K1_4 "K1.4" "every custodian knows their ephemeral key" "cada custodia conoce su clave efímera";
    K2_1 "K2.1" "every dealing and verdict is signed and names the same table" "cada reparto y veredicto está firmado y nombra la misma mesa";
    K2_2 "K2.2" "openings and complaints are judged as the rules say" "aperturas y quejas están juzgadas según las reglas";
    K2_3 "K2.3" "enough custodians remain and every key is usable" "quedan custodias suficientes y toda llave sirve";
    K3_1 "K3.1" "every remaining custodian certified the same transcript" "cada custodia que queda certificó la misma acta";
    K4_1 "K4.1" "the trial decryption is complete" "el descifrado de prueba está completo";
    K4_2 "K4.2" "every custodian's share works" "la parte de cada custodia funciona";
    K4_3 "K4.3" "a quorum opens the trial ciphertext" "un quórum abre el cifrado de prueba";
    E1_1 "E1.1" "the seal is readable" "el sello se puede leer";
    E1_2 "E1.2" "the seal binds manifest, roll, keys and credentials: the election id" "el sello une manifiesto, lista, llaves y credenciales: el identificador";
    B1_1 "B1.1" "every checkpoint of the board is well formed and signed" "cada punto de control del tablero está bien formado y firmado";
    B1_2 "B1.2" "the board's entries are all there" "están todas las entradas del tablero";
    V1_1 "V1.1" "every ballot is canonically encoded" "toda boleta tiene su codificación canónica";
    V1_2 "V1.2" "every ballot is of this election and of a contest of its style" "toda boleta es de esta elección y de un cargo de su estilo";
    V1_3 "V1.3" "every ballot stands under a listed credential" "toda boleta está bajo una credencial de la lista";
    V1_4 "V1.4" "no credential voted twice" "ninguna credencial votó dos veces";
    V1_5 "V1.5" "every ballot was made for its credential" "toda boleta se hizo para su credencial";
    V1_6 "V1.6" "every ballot is signed by its credential" "toda boleta la firmó su credencial";
    V1_7 "V1.7" "every ballot marks exactly one option, and no text without its mark" "toda boleta marca exactamente una opción, y ningún texto va sin su marca";
    V1_8 "V1.8" "no two ballots share their randomness" "no hay dos boletas con la misma aleatoriedad";
    B2_1 "B2.1" "the board only ever grew: every checkpoint is a prefix of the entries" "el tablero solo creció: cada punto de control es un prefijo de las entradas";
    B2_2 "B2.2" "ballots entered in sorted epochs that are large enough" "las boletas entraron en épocas ordenadas y suficientes";
    B2_3 "B2.3" "witnesses signed the first and the closing checkpoint" "los testigos firmaron el primer punto de control y el de cierre";
    N1_1 "N1.1" "the participation record is readable and complete" "el registro de participación se puede leer y está completo";
    N1_2 "N1.2" "the server signed it" "el servidor lo firmó";
    N1_3 "N1.3" "as many voters are marked as there are ballots" "hay tantas personas marcadas como boletas";
    T1_1 "T1.1" "the aggregates are readable" "los agregados se pueden leer";
    T1_2 "T1.2" "the aggregates are the sums of the ballots, small units merged" "los agregados son la suma de las boletas, con las unidades pequeñas reunidas";
    T2_1 "T2.1" "the partial decryptions are readable" "los descifrados parciales se pueden leer";
    T2_2 "T2.2" "each is signed by its custodian" "cada uno lo firmó su custodia";
    T2_3 "T2.3" "each is proved right" "cada uno está demostrado";
    T2_4 "T2.4" "a quorum decrypted" "descifró un quórum";
    T3_1 "T3.1" "the results are readable" "los resultados se pueden leer";
    T3_2 "T3.2" "the counts are what the aggregates hold" "los conteos son lo que contienen los agregados";
    T3_3 "T3.3" "the counts add up to the ballots" "los conteos suman las boletas";
    W1_1 "W1.1" "the written-in texts are opened where the policy or an order says so, and nowhere else" "los textos escritos se abren donde lo dice la política o una orden, y en ningún otro caso";
    W1_2 "W1.2" "every order to open texts is signed by a quorum of custodians" "cada orden de abrir textos la firmó un quórum de custodias";
    W2_1 "W2.1" "a quorum of different custodians mixed the texts, one after the other" "un quórum de custodias distintas mezcló los textos, una tras otra";
    W2_2 "W2.2" "each signed its mix" "cada una firmó su mezcla";
    W2_3 "W2.3" "every mix encrypted every text anew" "cada mezcla volvió a cifrar cada texto";
    W2_4 "W2.4" "every mix holds the texts of the one before and nothing else" "cada mezcla tiene los textos de la anterior y nada más";
    W3_1 "W3.1" "a quorum of custodians decrypted the mixed texts" "un quórum de custodias descifró los textos mezclados";
    W3_2 "W3.2" "each signed its decryption" "cada una firmó su descifrado";
    W3_3 "W3.3" "each decryption is proved right" "cada descifrado está demostrado";
    W4_1 "W4.1" "the reports of written-in names are readable" "los informes de nombres escritos se pueden leer";
    W4_2 "W4.2" "there are no more texts than votes for non-registered candidacies" "no hay más textos que votos por candidaturas no registradas";
    W4_3 "W4.3" "the reports say what was decrypted" "los informes dicen lo que se descifró";
    A1_1 "A1.1" "there is one acta per contest" "hay un acta por cargo";
    A1_2 "A1.2" "each acta says what was counted; votes, ballots and voters agree" "cada acta dice lo contado; votos, boletas y personas coinciden";
    A1_3 "A1.3" "a quorum of custodians signed each acta" "un quórum de custodias firmó cada acta";
    X1_1 "X1.1" "the published receipts are the codes of the ballots" "los recibos publicados son los códigos de las boletas";
    S1_1 "S1.1" "the list of hashes is right" "la lista de huellas es correcta";
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
